using Stress.Emulator.Kernel;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Observability.Html;
using Xunit;

namespace Stress.Observability.Tests.Html;

/// <summary>The timeline of a crash of the real emulator.</summary>
public sealed class RealCrashTests
{
    /// <summary>DIAGNOSTIC and DEBUG overwrite freed memory at once, so that a stale read is fatal without anybody reusing the block.</summary>
    private static readonly KernelOptions Debug = new() { Fill = MallocFill.Debug };

    private static readonly SiteOptions Mail = new()
    {
        Seed = 42,
        Roles = new(
            new RoleOptions { Role = Role.Called, Kernel = Debug, Hup = new HupOptions { Enabled = true }, Ospfd = new OspfdOptions { Exit = OspfdExit.AtAddressAdd } },
            new RoleOptions
            {
                Role = Role.Calling,
                Kernel = Debug,
                Pppd = new PppdOptions { Persist = true, DefaultRoute = true },
                Hup = new HupOptions { Enabled = true },
                Ospfd = new OspfdOptions { Exit = OspfdExit.AtAddressAdd },
            }),
    };

    [Fact]
    public void A_crash_is_executed_again_and_told_from_allocation_to_use()
    {
        (CrashRecord crash, CrashTally tally) = FirstCrash();

        CrashTimeline timeline = TimelineRecorder.Trace(Mail, crash)!;

        if (Environment.GetEnvironmentVariable("STRESS_SAMPLE_PAGE") is { Length: > 0 } file)
        {
            var page = new StringWriter();
            HtmlReport.Write(SampleReports.Seed(), page, [crash], timeline);
            File.WriteAllText(file + ".real.html", page.ToString());
        }

        TimelineStep last = timeline.Steps[^1];
        Assert.Equal(PointerStage.Used, last.Stage);
        Assert.Equal(tally.FirstEvent, last.Number);
        Assert.Equal(tally.First, last.At);
        Assert.Equal(tally.Role == Role.Called, timeline.Router == 0);
        PointerStage[] life = [.. timeline.Life().Select(i => timeline.Steps[i].Stage)];
        Assert.Equal(PointerStage.Used, life[^1]);
        Assert.Contains(PointerStage.Allocated, life);
        Assert.Contains(PointerStage.Stored, life);
        Assert.Contains(PointerStage.Detached, life);
        Assert.Contains(PointerStage.Freed, life);
    }

    [Fact]
    public void The_page_of_a_run_goes_into_its_folder_with_a_timeline()
    {
        string path = Directory.CreateTempSubdirectory("stress-run-").FullName;
        try
        {
            HtmlReport.WriteTo(new RunFolder(path), SampleReports.Seed(), [FirstCrash().Crash], Mail, new PageConfiguration([], ""));
            Assert.Equal([HtmlReport.FileName], Directory.GetFiles(path).Select(Path.GetFileName));
            string page = File.ReadAllText(Path.Combine(path, HtmlReport.FileName));
            Assert.Contains("id=\"timeline\"", page, StringComparison.Ordinal);
            Assert.EndsWith("</html>\n", page, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static (CrashRecord Crash, CrashTally Tally) FirstCrash()
    {
        for (uint number = 0; number < 50; number++)
        {
            Site site = Site.Create(Mail, number);
            for (int window = 0; window < 36; window++)
            {
                site.RunWindow();
                if (site.Tally.Crashes.Count > 0)
                {
                    CrashTally tally = site.Tally.Crashes[0];
                    string title = tally.Title.ToString(), role = CodePath.Of(tally.Role);
                    return (new CrashRecord
                    {
                        Id = CrashRecord.IdOf(title, role),
                        Title = title,
                        Path = CodePath.Of(tally.Title),
                        Role = role,
                        Count = tally.Count,
                        Site = number,
                        Seed = 42,
                        Event = tally.FirstEvent,
                        At = tally.First.ToString(),
                        AtMicroseconds = tally.First.Microseconds,
                        Stack = tally.Stack,
                        Story = tally.Story,
                        Replay = "stress replay runs/seed " + CrashRecord.IdOf(title, role),
                    }, tally);
                }
            }
        }

        throw new InvalidOperationException("no crash in 50 sites of six hours");
    }
}
