using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Tests.Kernel;
using Stress.Emulator.Userland;
using Xunit;
using Xunit.Abstractions;

namespace Stress.Emulator.Tests.Core;

/// <summary>
/// Every field that can change is saved and loaded, and reset where there is a reset. The fields are found by reflection: one that its file's declaration
/// leaves out fails here, by name.
/// </summary>
public sealed class StateFieldsTests(ITestOutputHelper output)
{
    private static readonly (string Name, Func<IState> Fresh, Action<IState>? Reset)[] States =
    [
        ("kernel", () => Kernel(), kernel => ((BsdKernel)kernel).Reset(Stream(RandomPurpose.Heap), Stream(RandomPurpose.Igmp))),
        ("kernel heap", () => new KernelHeap(Abi.Ilp32, MallocFill.Debug), heap => ((KernelHeap)heap).Reset()),
        ("oracle", () => new RouterOracle(0, new SiteClock(), 1, new MachineCounters()), null), // its numbers survive the router's reboots
        ("crash story", () => new CrashStory(), null),
        ("site", () => Site.Create(Options, 1), null), // one life
        ("zebra", () => Process("zebra"), process => ((Process)process).Stop(VirtualTime.Zero)),
        ("ospfd", () => Process("ospfd"), process => ((Process)process).Stop(VirtualTime.Zero)),
    ];

    public static TheoryData<string> Names => [.. States.Select(state => state.Name)];

    public static TheoryData<string> WithReset => [.. States.Where(state => state.Reset is not null).Select(state => state.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_mutable_field_is_saved_and_loaded(string name)
    {
        Func<IState> fresh = Of(name).Fresh;
        None(Forgotten(fresh(), fresh()));
    }

    [Theory]
    [MemberData(nameof(WithReset))]
    public void Every_mutable_field_is_reset(string name)
    {
        (_, Func<IState> fresh, Action<IState>? reset) = Of(name);
        IState used = fresh();
        new StateFields().Fill(used);
        reset!(used);
        None(Differing(StateFields.Spell(fresh(), excused: true), StateFields.Spell(used, excused: true)));
    }

    [Fact]
    public void A_field_that_is_in_no_image_says_why()
    {
        string[] without =
        [
            .. from type in typeof(IState).Assembly.GetTypes()
               where typeof(IState).IsAssignableFrom(type) && type.IsClass
               from field in StateFields.Of(type)
               where StateFields.Excuse(field) is { } reason && reason.Split(' ').Length < 4
               select $"{type.Name}.{field.Name}",
        ];
        Assert.Equal([], without);
    }

    [Fact]
    public void Every_class_with_a_state_of_its_own_is_tried()
    {
        // Those that are parts of another are tried with it.
        HashSet<Type> tried = [.. States.SelectMany(state => PartsOf(state.Fresh()))];
        int fields = tried.Sum(type => StateFields.Of(type).Count(field => StateFields.Excuse(field) is null));
        output.WriteLine($"{fields} fields of {tried.Count} classes");
        Assert.True(fields > 120, $"{fields} fields");
        Assert.Equal([], typeof(IState).Assembly.GetTypes().Where(type => typeof(IState).IsAssignableFrom(type) && type is { IsClass: true, IsAbstract: false } && !tried.Contains(type)).Select(type => type.Name));
    }

    [Fact]
    public void A_field_that_is_forgotten_is_found_by_name() =>
        Assert.Equal(
            ["Forgetful._forgotten = 4 came back as Forgetful._forgotten = 0", "Forgetful._list[0] = 6 did not come back", "Forgetful._list[1] = 8 did not come back"],
            Forgotten(new Forgetful(), new Forgetful()));

    private static void None(List<string> lines) => Assert.True(lines.Count == 0, $"{lines.Count} values, the first of them:\n{string.Join('\n', lines.Take(12))}");

    // What an object holds, into an image, and into another object.
    private static List<string> Forgotten(IState used, IState fresh)
    {
        List<string> before = StateFields.Spell(fresh);
        new StateFields().Fill(used);
        List<string> filled = StateFields.Spell(used);
        List<string> unfilled = [.. StateFields.Of(used.GetType()).Where(field => StateFields.Excuse(field) is null).Select(field => $"{used.GetType().Name}.{field.Name}")
            .Where(path => filled.Where(line => IsOf(line, path)).SequenceEqual(before.Where(line => IsOf(line, path)))).Select(path => $"{path} was not filled")];
        var image = new ImageWriter();
        image.Save(used);
        var reader = new ImageReader(image.Written);
        reader.Load(fresh);
        reader.End();
        return [.. unfilled, .. Differing(filled, StateFields.Spell(fresh))];
    }

    private static bool IsOf(string line, string path) => line.StartsWith(path, StringComparison.Ordinal) && line[path.Length] is ' ' or '.' or '[';

    private static List<string> Differing(List<string> expected, List<string> actual)
    {
        Dictionary<string, string> back = actual.ToDictionary(PathOf), wanted = expected.ToDictionary(PathOf);
        return
        [
            .. expected.Where(line => !back.TryGetValue(PathOf(line), out string? found) || found != line)
                .Select(line => back.TryGetValue(PathOf(line), out string? found) ? $"{line} came back as {found}" : $"{line} did not come back"),
            .. actual.Where(line => !wanted.ContainsKey(PathOf(line))).Select(line => $"{line} was not there before"),
        ];
    }

    private static string PathOf(string line) => line[..line.IndexOf(' ', StringComparison.Ordinal)];

    private static IEnumerable<Type> PartsOf(object state) =>
        StateFields.Of(state.GetType()).Where(field => StateFields.Excuse(field) is null).Select(field => field.GetValue(state))
            .SelectMany(value => value is Array array ? array.Cast<object?>() : [value]).OfType<IState>().SelectMany(PartsOf).Prepend(state.GetType());

    private static (string Name, Func<IState> Fresh, Action<IState>? Reset) Of(string name) => States.Single(state => state.Name == name);

    private static RandomStream Stream(RandomPurpose purpose) => new(1, 2, purpose);

    private static Process Process(string name) => Site.Create(Options, 1).Routers[1].Processes.All.ToArray().Single(process => process.Entry.Name == name);

    // Of the default options, which name every daemon, with the programmes that a scenario has to name.
    private static SiteOptions Options
    {
        get
        {
            var site = new SiteOptions { Graph = PairTopology.Of(1) with { Segments = [new PlannedSegment("lan", [0, 1]) { Querier = new PlannedQuerier(0, new QuerierOptions()), Snooping = true }] }, Events = [new SiteEventOptions()] }; // a network counts by link
            var full = new OspfdOptions { Adjacency = OspfdAdjacency.Full };
            var routes = new RipngdOptions { Routes = true };
            return site.With(site.Called with { Ospfd = full, Ripngd = routes }, site.Calling with
            {
                Ospfd = full,
                Ripngd = routes,
                Term = new TermOptions { Enabled = true },
                Zebra = new ZebraOptions { RestartEvery = VirtualTime.FromMinutes(20) },
                Datagrams = new DatagramOptions { Interval = VirtualTime.FromSeconds(3) },
                Ssh = new SshOptions { Listens = true },
                Rtadvd = new RtadvdOptions { Interval = VirtualTime.FromMinutes(10) },
                Interfaces = [new InterfaceOptions { Name = "vlan0" }, new InterfaceOptions { Name = "pppoe0", Discovery = true }],
            });
        }
    }

    private static BsdKernel Kernel()
    {
        var oracle = new RouterOracle(0, new SiteClock(), 1, new MachineCounters());
        return new BsdKernel(new KernelOptions(), TeardownDesigns.All[0], BootInterface.Of2005(Machine.Ethernet, linkAddress: 1), oracle, new Machine(), Stream(RandomPurpose.Heap), Stream(RandomPurpose.Igmp));
    }

    private sealed class Forgetful : IState
    {
        private int _kept;
        private int _forgotten;
        private readonly List<int> _list = [];

        public void Fields<TPass>(ref TPass pass)
            where TPass : struct, IStatePass => pass.Field(ref _kept);

        public int Step() => _kept + _forgotten++ + _list.Count;
    }
}
