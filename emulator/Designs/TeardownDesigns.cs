using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>The designs that come with the emulator. Those of a user are combined with them in a <see cref="DesignSet"/>.</summary>
public static class TeardownDesigns
{
    /// <summary>Every built-in design, the mail's kernel first.</summary>
    public static IReadOnlyList<TeardownDesign> All { get; } =
    [
        new Netbsd2005(), new PurgeAll(), new PurgeLastAddress(), new PurgeFlagged(), new RouteValidate(), new IfdetachRefcount(), new Epoch(),
        new IndexDesign(), new IndexGeneration(), new NotifierHold(), new Psref(),
    ];

    /// <summary>The built-in design of a name.</summary>
    /// <exception cref="ArgumentException">No such design; the message lists what there is.</exception>
    public static TeardownDesign Named(string name) => DesignSet.BuiltIn.Named(name);
}
