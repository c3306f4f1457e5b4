using System.CommandLine;
using System.Text.Json;
using Stress.Bench.Speed;
using Stress.Client;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Search;
using Stress.Fuzz.Stacks;
using Stress.Guests;
using Stress.Guests.Kernels;
using Stress.Guests.Running;
using Stress.Guests.Systems;

namespace Stress.Bench;

/// <summary>
/// <c>stress bench guests edges</c>: a real kernel with KCOV: the same lists give the same edges, in the operations that reach them, and a seed gives one search with any number of workers.
/// </summary>
internal static class EdgesCommand
{
    private static readonly string[] Joining = ["create tun0", "addr4 tun0 10.0.0.1 10.0.0.2", "up tun0", "raw4 a 89", "join4 a 224.0.0.5 10.0.0.1", "destroy tun0"];

    // What runs of itself while the list waits: address detection, from a work queue, router solicitations, from a timer, and at the end the removal of its namespace.
    private static readonly string[] Waiting = ["create tun0", "open tun0", "up tun0", "addr6 tun0 fd00::1 64", "tick 12000"];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var lists = new Option<int>("--lists") { Description = "Lists of the search that is made with one worker and with two.", DefaultValueFactory = _ => 300 };
        var kernel = new Option<string?>("--kernel") { Description = "A kernel built with --kcov (default: the newest of them)." };
        var command = new Command("edges", "A kernel with KCOV: the same edges for the same lists, where the operations say, and one search per seed.") { lists, kernel };
        command.SetAction((line, stop) => CheckAsync(line.GetValue(lists), line.GetValue(kernel), stop));
        return command;
    }

    private static async Task<int> CheckAsync(int lists, string? named, CancellationToken stop)
    {
        Machine.Write();

        GuestCache cache = GuestCache.OfUser();
        GuestKernel kernel = GuestsCommand.KernelOf(cache, named, k => k is { Kcov: true, FixOf: null }, " --kcov");
        var run = new ListRun(cache, await Launcher.EnsureAsync(cache, stop), await new SystemBuilder(cache).EnsureAsync(_ => { }, stop), kernel);
        var stack = new GuestStack($"uml:{kernel.Name}", run, null);
        IReadOnlyList<string>[] boot = [Joining, ["create tun1", "destroy tun1"]];
        IReadOnlyList<ListOutcome> first = stack.Run(boot, 1, stop), again = stack.Run(boot, 1, stop), waiting = stack.Run([Waiting, ["create tun1"]], 1, stop);
        bool all = true;
        void Row(string what, bool isSo)
        {
            all &= isSo;
            Console.WriteLine($"{(isSo ? "yes" : "NO "),-4} {what}");
        }

        Row("the same lists have the same edges", JsonSerializer.Serialize(first) == JsonSerializer.Serialize(again));
        Row($"functions of networking that edges are seen in: {stack.CoveredFunctions:#,0}", stack.CoveredFunctions > 1_000);
        foreach ((ListOutcome outcome, int step, string function) in (ReadOnlySpan<(ListOutcome, int, string)>)
            [(first[0], 5, "ip_mc_join_group"), (first[0], 6, "ip_mc_down"), (waiting[0], 5, "addrconf_dad_work"), (waiting[0], 5, "addrconf_rs_timer"), (waiting[0], 6, "cleanup_net")])
        {
            Row($"step {step} reaches {function}", outcome.Edges.Any(of => of.Step == step && of.Function == function));
        }

        FuzzReport one = Search(stack, lists, 1, stop), two = Search(stack, lists, 2, stop);
        Row($"{lists:#,0} lists of seed 1 with one worker and with two: {one.Edges:#,0} edges, {one.Corpus:#,0} kept, digest {one.Digest}", (one.Digest, one.Edges, one.Corpus) == (two.Digest, two.Edges, two.Corpus));
        return all ? ExitCodes.Ok : ExitCodes.ExpectationFailed;
    }

    private static FuzzReport Search(GuestStack stack, int lists, int workers, CancellationToken stop) =>
        new FuzzSearch(StackOpener.GrammarOf([stack]), [stack], new FuzzOptions { Lists = lists, Workers = workers, Seed = 1 }).Run(_ => { }, stop);
}
