namespace Stress.Emulator.Designs;

/// <summary>The designs that come with the emulator, and those a user adds.</summary>
public static class TeardownDesigns
{
    /// <summary>Every built-in design, the mail's kernel first.</summary>
    public static IReadOnlyList<TeardownDesign> All { get; } =
    [
        new Netbsd2005(), new PurgeAll(), new PurgeLastAddress(), new PurgeFlagged(), new RouteValidate(), new IfdetachRefcount(), new Epoch(),
        new IndexDesign(), new IndexGeneration(), new NotifierHold(), new Psref(),
    ];

    /// <summary>The design of a name.</summary>
    /// <exception cref="ArgumentException">No such design; the message lists what there is.</exception>
    public static TeardownDesign Named(string name)
    {
        foreach (TeardownDesign design in All)
        {
            if (design.Name == name)
            {
                return design;
            }
        }

        throw new ArgumentException($"design \"{name}\" is not known; there are {string.Join(", ", All.Select(d => d.Name))}", nameof(name));
    }
}
