using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;

namespace Stress.Emulator.Sites;

/// <summary>One code path that crashed: the parts of its title, and how often and when first.</summary>
public sealed record CrashTally(CrashTitle Title, Role Role)
{
    private IReadOnlyList<string>? _stack;
    private IReadOnlyList<string>? _story;

    /// <summary>The title in a real system's own words, such as a kernel's console's; null for an emulated crash, whose title is <see cref="Title"/>.</summary>
    public string? Words { get; init; }

    /// <summary>The kernel function that such a crash belongs to; null when nothing names one.</summary>
    public string? Function { get; init; }

    /// <summary>Who allocated the object, innermost function first, where a real system says so.</summary>
    public IReadOnlyList<string> AllocatedBy { get; set; } = [];

    /// <summary>Who freed the object, innermost function first, where a real system says so.</summary>
    public IReadOnlyList<string> FreedBy { get; set; } = [];

    public long Count { get; set; }

    /// <summary>Stack and story before anybody asks for their words.</summary>
    internal CrashStory? Told { get; set; }

    /// <summary>Virtual time of the first crash with this title on this site.</summary>
    public VirtualTime First { get; set; }

    /// <summary>The number of the event, in the site's own count, that crashed first.</summary>
    public long FirstEvent { get; set; }

    /// <summary>Innermost function first.</summary>
    public IReadOnlyList<string> Stack
    {
        get => _stack ??= Told?.Stack ?? [];
        set => _stack = value;
    }

    /// <summary>The life of the pointer in words: allocated, stored, which purge did not run, freed, reused, used.</summary>
    public IReadOnlyList<string> Story
    {
        get => _story ??= Told?.Lines ?? [];
        set => _story = value;
    }
}
