using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>
/// The designs that a site may name. Never changes: a user's designs make a new set, which travels with the options of a run inside a process.
/// </summary>
public sealed class DesignSet
{
    private readonly TeardownDesign[] _designs;

    private DesignSet(TeardownDesign[] designs) => _designs = designs;

    /// <summary>The designs that come with the emulator.</summary>
    public static DesignSet BuiltIn { get; } = new([.. TeardownDesigns.All]);

    /// <summary>Every design, the mail's kernel first.</summary>
    public IReadOnlyList<TeardownDesign> All => _designs;

    /// <summary>The names, as a message lists them.</summary>
    public string Names => string.Join(", ", _designs.Select(d => d.Name));

    /// <summary>This set and further designs.</summary>
    /// <exception cref="ArgumentException">A name is taken, or is not made of letters, digits and hyphens.</exception>
    public DesignSet With(IEnumerable<TeardownDesign> more)
    {
        List<TeardownDesign> all = [.. _designs];
        foreach (TeardownDesign design in more)
        {
            if (string.IsNullOrEmpty(design.Name) || !design.Name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            {
                throw new ArgumentException($"design \"{design.Name}\" of {design.GetType()}: accepted is a name of letters, digits and hyphens");
            }

            if (all.Any(d => d.Name == design.Name))
            {
                throw new ArgumentException($"design \"{design.Name}\" of {design.GetType()}: the name is taken");
            }

            all.Add(design);
        }

        return new DesignSet([.. all]);
    }

    /// <summary>The design of a name.</summary>
    /// <exception cref="ArgumentException">No such design; the message lists what there is.</exception>
    public TeardownDesign Named(string name) =>
        Array.Find(_designs, d => d.Name == name) ?? throw new ArgumentException($"design \"{name}\" is not known; accepted: {Names}");
}
