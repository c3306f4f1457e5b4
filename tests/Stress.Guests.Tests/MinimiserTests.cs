using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Guests.Running;
using Stress.Guests.Sites;
using Xunit;

namespace Stress.Guests.Tests;

public sealed class MinimiserTests
{
    [Fact]
    public void A_list_is_cut_down_to_what_its_title_needs_and_what_can_only_go_together_goes_together()
    {
        // Crashes when "join" comes before "destroy"; a "create" without "remove" at its side is another crash.
        static string? Title(string list)
        {
            string[] lines = list.Split('\n');
            int join = Array.IndexOf(lines, "join"), destroy = Array.IndexOf(lines, "destroy");
            return lines.Contains("create") != lines.Contains("remove") ? "another" : join >= 0 && join < destroy ? "the title" : null;
        }

        MinimalList least = new ListMinimiser(Title).Minimise("# words\ncreate\nup\njoin\n\nsend\nremove\nsend\ndestroy\nsleep 1\n")!;

        Assert.Equal(["join", "destroy"], least.Lines);
        Assert.Equal("the title", least.Title);
        Assert.True(least.IsMinimal);
    }

    [Fact]
    public void A_list_of_which_nothing_is_reported_has_no_least() => Assert.Null(new ListMinimiser(_ => null).Minimise("up\n"));

    [Fact]
    public void Another_title_is_not_the_crash()
    {
        MinimalList least = new ListMinimiser(list => list.Contains("a", StringComparison.Ordinal) && list.Contains("b", StringComparison.Ordinal) ? "both" : list.Contains("a", StringComparison.Ordinal) ? "one" : null).Minimise("a\nb\nc")!;

        Assert.Equal(["a", "b"], least.Lines);
    }

    [Fact]
    public void A_pair_loses_what_its_crash_does_not_need_and_keeps_what_it_does()
    {
        var site = new SiteOptions { Seed = 5 }.With(new RoleOptions { Role = Role.Calling, Hup = new() { Enabled = true, Every = VirtualTime.FromMinutes(10), Phase = TimeRange.Seconds(0, 600) } });

        // Needs a HUP and a line that loses frames; crashes a second after the first HUP. As number 3 in the run, or as any other.
        VirtualTime? Crash(SiteOptions options, int number, VirtualTime until)
        {
            VirtualTime at = options.Calling.Hup.Phase.Max + options.Calling.Hup.Every + VirtualTime.FromSeconds(1);
            return options.Calling.Hup.Enabled && options.Line.NoisePerMillionFrames > 0 && at <= until ? at : null;
        }

        MinimalPair least = new PairMinimiser(Crash).Minimise(site, 3, VirtualTime.FromMinutes(21))!;

        Assert.Equal(["HUPs", "noise"], least.Needed);
        Assert.Contains("routing daemons", least.Gone);
        Assert.Empty(least.Site.Calling.Daemons);
        Assert.Equal(0, least.Number);
        Assert.Equal(1, least.Hups);
        Assert.Equal(VirtualTime.FromSeconds(20), least.Site.Calling.Hup.Every);
    }

    [Fact]
    public void A_pair_that_does_not_crash_again_has_no_least() => Assert.Null(new PairMinimiser((_, _, _) => null).Minimise(new SiteOptions(), 0, VirtualTime.FromMinutes(1)));
}
