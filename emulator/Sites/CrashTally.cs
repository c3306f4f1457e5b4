using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;

namespace Stress.Emulator.Sites;

/// <summary>One code path that crashed: the parts of its title, and how often and when first.</summary>
public sealed record CrashTally(CrashTitle Title, Role Role)
{
    [NotSaved("it is spelled from what the oracle told")]
    private IReadOnlyList<string>? _stack;
    [NotSaved("it is spelled from what the oracle told")]
    private IReadOnlyList<string>? _story;

    private struct Head : IStateValue<Head>
    {
        public CrashTitle Title;
        public Role Role;
        public long Count;
        public VirtualTime First;
        public long FirstEvent;

        public static void Fields<TPass>(ref Head value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Struct(ref value.Title);
            pass.Field(ref value.Role);
            pass.Field(ref value.Count);
            pass.Struct(ref value.First);
            pass.Field(ref value.FirstEvent);
        }
    }

    /// <summary>Shows the crashes of a site to a pass.</summary>
    internal static void Fields<TPass>(List<CrashTally> crashes, ref TPass pass)
        where TPass : struct, IStatePass
    {
        int n = crashes.Count;
        pass.Count<Head>(ref n);
        if (pass.Replaces)
        {
            crashes.Clear();
        }

        for (int i = 0; i < n; i++)
        {
            CrashTally? c = pass.Replaces ? null : crashes[i];
            var head = c is null ? default : new Head { Title = c.Title, Role = c.Role, Count = c.Count, First = c.First, FirstEvent = c.FirstEvent };
            CrashStory told = c?.Told ?? new CrashStory();
            pass.Struct(ref head);
            told.Fields(ref pass);
            long[] byAge = c?.ByAge ?? new long[KernelAge.Count];
            pass.Numbers<long>(byAge);
            if (c is null)
            {
                crashes.Add(new CrashTally(head.Title, head.Role) { Count = head.Count, First = head.First, FirstEvent = head.FirstEvent, Told = told, ByAge = byAge });
            }
        }
    }

    /// <summary>The title in a real system's own words, such as those on a kernel's console; null for an emulated crash, whose title is <see cref="Title"/>.</summary>
    public string? Words { get; init; }

    /// <summary>The kernel function that such a crash belongs to; null if unknown.</summary>
    public string? Function { get; init; }

    /// <summary>Who allocated the object, innermost function first, where a real system says so.</summary>
    [NotSaved("only a real kernel says it")]
    public IReadOnlyList<string> AllocatedBy { get; set; } = [];

    /// <summary>Who freed the object, innermost function first, where a real system says so.</summary>
    [NotSaved("only a real kernel says it")]
    public IReadOnlyList<string> FreedBy { get; set; } = [];

    /// <summary>How often.</summary>
    public long Count { get; set; }

    /// <summary>How often by the kernel's age at the loss of the link (<see cref="KernelAge"/>); zeros if unknown.</summary>
    public long[] ByAge { get; init; } = new long[KernelAge.Count];

    /// <summary>Stack and story before they are formatted.</summary>
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
