using Stress.Tests.Shared;
using Xunit;

namespace Stress.Scenarios.Tests;

public sealed class FileCheckTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stress-check-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Every_shipped_file_is_accepted()
    {
        foreach (string file in Directory.EnumerateFiles(Repository.At("scenarios"), "*", SearchOption.AllDirectories).Where(f => Path.GetExtension(f) is ".yaml" or ".ops" && !f.Contains("/obj/") && !f.Contains("/bin/")))
        {
            Assert.Empty(FileCheck.Of(file).Problems);
        }
    }

    [Fact]
    public void Every_error_is_named_with_its_line_and_none_follows_from_another()
    {
        FileCheck check = Check("""
            name: a
            pears: 3
            pairs: 0
            design: netbsd-2006
            callers_per_answerer: 7
            roles:
              - role: cold
                pppd: {persist: yes, hold_off: 5s}
                daemons: [bgpd, zebra, rippd]
              - role: calling
                kernel:
                  fill: foo
                  competitors:
                    - {name: a, bytes: none, every: 1s}
                    - {name: b}
                ripngd: {update: 10, update_jitter: 1h}
            expect:
              - {path: any}
              - {path: nothing, percent: 5}
              - {path: any, percent: 120}
            expect_reached: [ETOOMANY, ETOOMANYREFS]
            """);
        Assert.Equal(
            [
                "2: pears", "3: pairs", "4: design", "7: roles.role", "8: roles.called.pppd.persist", "8: roles.called.pppd.hold_off", "9: roles.called.daemons", "9: roles.called.daemons",
                "12: roles.calling.kernel.fill", "14: roles.calling.kernel.competitors.bytes", "15: roles.calling.kernel.competitors", "16: roles.calling.ripngd.update",
                "18: expect", "19: expect.path", "20: expect.percent", "21: expect_reached",
            ],
            Fields(check));
        Assert.All(check.Problems, problem => Assert.Contains("; accepted: ", problem.Message));
    }

    [Fact]
    public void What_fields_say_together_is_judged_when_each_is_accepted()
    {
        Assert.Equal(["1: pairs", "3: roles.name"], Fields(Check("pairs: 9\ncallers_per_answerer: 4\nroles: [{role: called, name: a}, {role: calling, name: a}]")).Order());
        Assert.Equal(["1: pairs"], Fields(Check("pairs: nine\ncallers_per_answerer: 4")));
    }

    [Fact]
    public void An_error_of_an_included_file_is_named_with_that_file()
    {
        Write("base.yaml", "pairs: 0\nwindow: 1");
        FileCheck check = Check("include: base.yaml\nseed: -1");
        Assert.Equal(["base.yaml:1", "base.yaml:2", "s.yaml:2"], check.Problems.Select(p => $"{Path.GetFileName(p.File)}:{p.Line}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_error_of_a_small_world_is_named()
    {
        FileCheck check = Check("""
            world: a
            sleeping_allocation: often
            routers:
              - setup:
                  - create ppp0
                  - destroi ppp0
                processes:
                  - name: p
                    stepps: []
                  - name: q
                    steps:
                      - up ppp0
                      - opp ppp0
                allocations:
                  - {name: b, bytes: 0, count: 65}
            """);
        Assert.Equal(InputKind.World, check.Kind);
        Assert.Equal([2, 4, 6, 9, 13, 15, 15], check.Problems.Select(p => p.Line).Order().Where((line, i) => line != 8));
    }

    [Fact]
    public void Every_error_of_an_operation_list_is_named()
    {
        string file = Write("l.ops", "create ppp0\nfoo\nup ppp0\naddr4 ppp0 10.0.0.1\njoin4 nobody 224.0.0.5 10.0.0.1\n");
        FileCheck check = FileCheck.Of(file);
        Assert.Equal((InputKind.OperationList, "2,4,5"), (check.Kind, string.Join(',', check.Problems.Select(p => p.Line))));
    }

    [Fact]
    public void More_errors_than_anybody_reads_are_cut_and_said_to_be()
    {
        FileCheck check = Check(string.Concat(Enumerable.Range(0, FileCheck.MaxProblems + 1).Select(i => $"x{i}: 1\n")));
        Assert.Equal((FileCheck.MaxProblems, true), (check.Problems.Count, check.IsCut));
    }

    [Fact]
    public void A_text_that_is_no_YAML_has_one_error() => Assert.Single(Check("a: [").Problems);

    private FileCheck Check(string text) => FileCheck.Of(Write("s.yaml", text));

    private static IEnumerable<string> Fields(FileCheck check) => check.Problems.Select(p => $"{p.Line}: {p.Message[(p.Message.IndexOf($":{p.Line}: ", StringComparison.Ordinal) + $":{p.Line}: ".Length)..].Split(": ")[0]}");

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
