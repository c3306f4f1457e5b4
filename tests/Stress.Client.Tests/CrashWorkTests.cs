using System.Text;
using Stress.Client.Triage;
using Stress.Contracts.Triage;
using Stress.Emulator.Oracle;
using Stress.Emulator.Stacks;
using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class CrashWorkTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task The_way_to_a_crash_ends_with_the_use_of_the_pointer_and_every_system_is_told_as_it_was_after_the_event_that_is_asked_for()
    {
        (string folder, CrashRecord crash) = await Crash();
        var work = new CrashWork();

        CrashReplay end = await work.Replay(folder, crash.Id, null, CancellationToken.None), start = await work.Replay(folder, crash.Id, 1, CancellationToken.None);

        Assert.Equal((crash.Event, crash.Event, 1), (end.CrashEvent, end.At, start.At));
        Assert.Equal((crash.Event, PointerStage.Used), (end.Timeline.Steps[^1].Number, end.Timeline.Steps[^1].Stage));
        Assert.Equal(end.Timeline.Steps, start.Timeline.Steps);
        Assert.Equal(["called system", "calling system"], end.Systems.Select(system => system.Name));
        Assert.Contains("lo0", start.Systems[0].Text, StringComparison.Ordinal);
        Assert.NotEqual(start.Systems[0].Text, end.Systems[0].Text);
        Assert.Contains(end.Story, line => line.Contains("detached", StringComparison.Ordinal));
        TriageException after = await Assert.ThrowsAsync<TriageException>(() => work.Replay(folder, crash.Id, crash.Event + 1, CancellationToken.None));
        Assert.Contains($"accepted are 1 to {crash.Event}", after.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crash_is_walked_event_by_event_and_each_state_is_that_of_the_replay_at_its_event()
    {
        (string folder, CrashRecord crash) = await Crash();
        var work = new CrashWork();

        IReadOnlyList<CrashReplay> walk = await work.Walk(folder, crash.Id, CancellationToken.None);
        CrashReplay middle = walk[walk.Count / 2], asked = await work.Replay(folder, crash.Id, middle.At, CancellationToken.None);

        Assert.Equal(walk[0].Timeline.Steps.Select(step => step.Number).Distinct().Order(), walk.Select(replay => replay.At));
        Assert.Equal((crash.Event, crash.Event), (walk[^1].At, walk[^1].CrashEvent));
        Assert.Equal(asked.Systems, middle.Systems);
        Assert.Equal(asked.Timeline.Steps, middle.Timeline.Steps);
        Assert.Equal(asked.Story, middle.Story);
    }

    // Of the flagship: the multicast membership of the called end. purge-all asks every family at if_detach, whatever addresses remain.
    [Fact]
    public async Task Without_the_event_that_lost_it_and_with_a_complete_design_from_the_store_on_no_future_crashes_so_and_a_design_that_comes_after_the_loss_changes_nothing()
    {
        (string folder, CrashRecord crash) = await Crash();
        var causes = new CrashCauses(futures: 40);
        CrashCause cause = await causes.Cause(folder, crash.Id, CancellationToken.None);
        CauseStep first = cause.Steps[0], moment = cause.Steps[Assert.NotNull(cause.Moment)];

        CrashBranch without = await causes.Branch(folder, crash.Id, moment.Event, null, CancellationToken.None);
        CrashBranch same = await causes.Branch(folder, crash.Id, first.Event + 1, "netbsd-2005", CancellationToken.None);
        CrashBranch early = await causes.Branch(folder, crash.Id, first.Event + 1, "purge-all", CancellationToken.None);
        CrashBranch late = await causes.Branch(folder, crash.Id, moment.Event, "purge-all", CancellationToken.None);

        Assert.Equal((0L, 40L), (without.Changed.Hits, without.Changed.Trials));
        Assert.Equal((same.AsItWas, same.OtherAsItWas), (same.Changed, same.Other));
        Assert.Equal(0, early.Changed.Hits);
        Assert.True(late.Changed.Hits > 0 && late.Changed.Hits == late.AsItWas.Hits, $"{late.Changed.Hits} of {late.AsItWas.Hits}");
        Assert.DoesNotContain("notifier-hold", new CrashWork().Designs);
        TriageException counts = await Assert.ThrowsAsync<TriageException>(() => causes.Branch(folder, crash.Id, moment.Event, "notifier-hold", CancellationToken.None));
        TriageException before = await Assert.ThrowsAsync<TriageException>(() => causes.Branch(folder, crash.Id, first.Event, null, CancellationToken.None));
        Assert.Contains("counts holders", counts.Message, StringComparison.Ordinal);
        Assert.Contains($"accepted are {first.Event + 1} to {crash.Event}", before.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crash_is_handed_on_as_a_list_a_program_a_script_and_a_capture()
    {
        (string folder, CrashRecord crash) = await Crash();
        var work = new CrashWork();
        async Task<byte[]> As(CrashForm form) => await work.File(folder, crash.Id, form, CancellationToken.None);

        string list = Encoding.UTF8.GetString(await As(CrashForm.Ops));
        OperationRun run = new OperationRunner(StackCatalog.Create("netbsd-2005", "netbsd-2005")).Run(OperationList.Parse(list, "list"));

        Assert.StartsWith($"# {crash.Title}\n", list, StringComparison.Ordinal);
        Assert.False(run.Stack.Oracle.IsClean);
        Assert.Contains("int main(", Encoding.UTF8.GetString(await As(CrashForm.C)), StringComparison.Ordinal);
        Assert.StartsWith("#!/bin/sh", Encoding.UTF8.GetString(await As(CrashForm.Sh)), StringComparison.Ordinal);
        Assert.Equal([0x0a, 0x0d, 0x0d, 0x0a], (await As(CrashForm.Pcapng))[..4]);
    }

    private async Task<(string Folder, CrashRecord Crash)> Crash()
    {
        await _screen.Run("run", Repository.At("scenarios", "troxel-2005.yaml"), "--pairs=8", "--hours=2", "--seed=3", $"--out={_screen.Folder}", "--no-progress");
        string folder = Directory.GetDirectories(_screen.Folder).Single();
        return (folder, new RunFolder(folder).ReadCrashes().MaxBy(crash => crash.Count)!);
    }
}
