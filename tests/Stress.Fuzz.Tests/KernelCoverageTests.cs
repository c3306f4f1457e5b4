using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stress.Contracts;
using Stress.Emulator.Stacks;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Search;
using Stress.Fuzz.Stacks;
using Stress.Guests.Kernels;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Fuzz.Tests;

/// <summary>Edges of a kernel with KCOV: how they are read, and what a search does with them.</summary>
public sealed class KernelCoverageTests
{
    private static readonly KernelSymbols Symbols = KernelSymbols.Of([(0x60001000, "tun_open"), (0x60002000, "ip_mc_down"), (0x60003000, "free_netdev")], new HashSet<string> { "tun_open", "ip_mc_down" });

    [Fact]
    public void A_line_is_chains_of_an_address_and_the_ways_from_it() =>
        Assert.Equal(
            [(0x0ul, 0x60001000ul), (0x60001000ul, 0x6000101cul), (0x6000101cul, 0x60001014ul), (0x60002000ul, 0x60001ffful)],
            KernelCoverage.Chains(" 0+60001000+1c-8 60002000-1"));

    [Theory]
    [InlineData(" 60001000+1c+", 1)]
    [InlineData(" 60001000+1c[   12.0] a message of the kernel", 0)]
    [InlineData("", 0)]
    public void A_line_that_the_console_has_broken_off_is_read_up_to_there(string line, int edges) => Assert.Equal(edges, KernelCoverage.Chains(line).Count());

    [Fact]
    public void Edges_belong_to_the_answer_before_them_and_to_the_function_that_they_lead_into_and_those_of_the_removal_come_after_the_last_step()
    {
        IReadOnlyList<ReachedEdges> edges = new KernelCoverage(Symbols).Of(
        [
            "=== list 0", "cover: 0+60001000", " 1  create tun0                                 -> 0", "cover: 60001000+8 60001008+1000", "[   12.0] a message", " 2  up tun0                                     -> 0", "clean: 60002008+8",
        ]);

        Assert.Equal([(0, "tun_open", 1), (1, "tun_open", 1), (1, "ip_mc_down", 1), (3, "ip_mc_down", 1)], edges.Select(of => (of.Step, of.Function, of.Edges.Count)));
        Assert.Equal(4, edges.SelectMany(of => of.Edges).Distinct().Count());
    }

    [Fact]
    public void An_edge_has_the_same_hash_where_another_build_has_its_functions_elsewhere()
    {
        KernelSymbols moved = KernelSymbols.Of([(0x60001000, "tun_open"), (0x60002100, "ip_mc_down"), (0x60003000, "free_netdev")], Symbols.Covered);
        string[] here = [" 1  up tun0 -> 0", "cover: 60001008+1000"], there = [" 1  up tun0 -> 0", "cover: 60001008+1100"];

        Assert.Equal(Edge(Symbols, here), Edge(moved, there));
        Assert.NotEqual(Edge(Symbols, here), Edge(moved, here));

        static ulong Edge(KernelSymbols symbols, string[] lines) => Assert.Single(Assert.Single(new KernelCoverage(symbols).Of(lines)).Edges);
    }

    [Fact]
    public void A_recorded_boot_has_the_edges_of_each_list_and_none_twice()
    {
        (KernelSymbols symbols, string[] lines) = Recorded();
        int second = Array.IndexOf(lines, "=== list 1");
        IReadOnlyList<ReachedEdges> first = new KernelCoverage(symbols).Of(lines[..second]), again = new KernelCoverage(symbols).Of(lines[second..]);

        Assert.Contains("ip_mc_join_group", first.Where(of => of.Step == 5).Select(of => of.Function));
        Assert.Contains("unregister_netdevice_many_notify", first.Where(of => of.Step == 6).Select(of => of.Function));
        Assert.True(first.Sum(of => of.Edges.Count) > 20 * again.Sum(of => of.Edges.Count), "the same list again reaches next to nothing that is new");
        (ulong, ulong)[] all = [.. lines.Where(line => line.StartsWith("cover:", StringComparison.Ordinal) || line.StartsWith("clean:", StringComparison.Ordinal)).SelectMany(line => KernelCoverage.Chains(line[6..]))];
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void A_list_is_kept_for_an_edge_with_the_operation_and_the_functions_and_only_where_edges_guide()
    {
        FuzzReport by = Search(new FuzzOptions { Lists = 300 }), not = Search(new FuzzOptions { Lists = 300, ByEdges = false });

        KeptList[] kept = [.. by.Kept!.Where(list => list.Why.Answers == 0)];
        Assert.NotEmpty(kept);
        Assert.All(kept, list =>
        {
            Assert.True(list.Why.Edges > 0);
            Assert.NotEmpty(list.Why.Functions);
            Assert.All(list.Why.Operations, operation => Assert.Contains(operation, list.Lines));
        });
        Assert.All(not.Kept!, list => Assert.True(list.Why.Answers > 0));
        Assert.Equal((true, false), (by.ByEdges, not.ByEdges));
        Assert.True(not.Edges > 0, "edges are counted all the same");
        Assert.Equal(by.Edges, by.Functions.Sum(of => of.Edges));
        Assert.Equal(100, by.CoveredFunctions["covered"]);
    }

    [Fact]
    public void One_seed_gives_one_corpus_with_edges_on_any_number_of_workers_and_when_the_search_is_written_and_read_between_rounds()
    {
        FuzzReport one = Search(new FuzzOptions { Lists = 300 }), four = Search(new FuzzOptions { Lists = 300, Workers = 4 });
        var stack = new Covered();
        FuzzState? state = null;
        FuzzRounds rounds;
        while ((rounds = new FuzzRounds(StackOpener.GrammarOf([stack]), [stack], new FuzzOptions { Lists = 300 }, state)).Next() is { Count: > 0 } parts)
        {
            rounds.Take([.. parts.Select(part => JsonSerializer.Deserialize<FuzzPartResult>(JsonSerializer.Serialize(new FuzzWorker([stack], new FuzzOptions()).Execute(part, default)))!)]);
            state = JsonSerializer.Deserialize<FuzzState>(JsonSerializer.Serialize(rounds.Save()));
        }

        FuzzReport carried = rounds.Report(default, interrupted: false);
        Assert.All((FuzzReport[])[four, carried], report => Assert.Equal((one.Digest, one.Edges, one.Corpus), (report.Digest, report.Edges, report.Corpus)));
        Assert.All((FuzzReport[])[four, carried], report => Assert.Equal(JsonSerializer.Serialize(one.Kept), JsonSerializer.Serialize(report.Kept)));
        Assert.Equal(JsonSerializer.Serialize(one.Functions), JsonSerializer.Serialize(carried.Functions));
    }

    // A boot of two lists, the second as the first, and the functions of its kernel that they reached.
    private static (KernelSymbols Symbols, string[] Lines) Recorded()
    {
        string folder = Repository.At("tests", "Stress.Fuzz.Tests", "recorded");
        (ulong Start, string Name)[] functions = [.. File.ReadLines(Path.Combine(folder, "functions.txt")).Select(line => line.Split(' ')).Select(words => (Convert.ToUInt64(words[0], 16), words[1]))];
        return (KernelSymbols.Of(functions, new HashSet<string>()), File.ReadAllLines(Path.Combine(folder, "console.txt")));
    }

    private static FuzzReport Search(FuzzOptions options)
    {
        var stack = new Covered();
        return new FuzzSearch(StackOpener.GrammarOf([stack]), [stack], options).Run(_ => { }, CancellationToken.None);
    }

    // linux-6 with edges: one for each operation after another.
    private sealed class Covered : IFuzzStack
    {
        private readonly EmulatedStack _stack = new(StackCatalog.Linux6);

        public string Name => "covered";

        public string Speaks => StackCatalog.Linux6;

        public string? Family => null;

        public int Batch => 16;

        public int CoveredFunctions => 100;

        public IReadOnlyList<ListOutcome> Run(IReadOnlyList<IReadOnlyList<string>> lists, ulong seed, CancellationToken stop) =>
            [.. _stack.Run(lists, seed, stop).Zip(lists, (outcome, list) => outcome with { Edges = [.. outcome.Steps.Index().Select(step => Edge(outcome.Steps, step.Index))] })];

        private static ReachedEdges Edge(IReadOnlyList<StepAnswer> steps, int i)
        {
            string word = steps[i].Word, before = i == 0 ? "" : steps[i - 1].Word;
            return new ReachedEdges(i + 1, word, [BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{before} {word}")))]);
        }
    }
}
