using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Stress.Contracts.Triage;
using Stress.Triage.Pages;

namespace Stress.Triage.Web;

/// <summary>The pages as files: they open without a server, and nothing can be changed from them.</summary>
public static class SiteExport
{
    private const int RowsOfAPart = 200;
    private const string NotDrawn = "as many crashes as export-site was asked for with --replays, of newer runs, have theirs";

    /// <summary>Writes all pages.</summary>
    /// <param name="triage">Runs and bugs.</param>
    /// <param name="folder">The folder; created when it is not there.</param>
    /// <param name="work">Executes crashes again; null to execute none.</param>
    /// <param name="replays">At most this many crashes are executed again.</param>
    /// <param name="stop">Ends it between two pages.</param>
    /// <returns>Files written.</returns>
    /// <exception cref="TriageException">The folder cannot be written.</exception>
    public static async Task<int> Write(Triage triage, string folder, ITriageWork? work, int replays, CancellationToken stop)
    {
        try
        {
            await using var services = new ServiceCollection().BuildServiceProvider();
            await using var renderer = new HtmlRenderer(services, NullLoggerFactory.Instance);
            var site = new Writer(renderer, folder);
            int left = work is null ? 0 : replays;
            Links top = new("", isExport: true), below = new("../", isExport: true);
            foreach (string asset in new[] { "charts.css", "triage.css", "live.js" })
            {
                site.File($"assets/{asset}", Site.AssetOf(asset)!.Value.Bytes);
            }

            await site.Page<StartPage>("index.html", await Site.Start(triage, [], top, withPrivate: false, stop));
            await Parts(
                skip => triage.Runs(new RunFilter { Skip = skip, Take = RowsOfAPart }, stop),
                (skip, page) => site.Page<RunsPage>(Part("runs", skip), new() { ["Links"] = top, ["Filter"] = new RunFilter { Take = RowsOfAPart }, ["Runs"] = page }),
                async run =>
                {
                    RunDetail detail = await triage.Run(run.Name, stop);
                    await site.Page<RunPage>($"runs/{Links.FileName(run.Name)}.html", await Site.Run(triage, run.Name, below, stop));
                    site.File($"reports/{Links.FileName(run.Name)}.html", System.Text.Encoding.UTF8.GetBytes(Site.ReportOf(detail)));
                    foreach (CrashRow crash in detail.Crashes)
                    {
                        (IReadOnlyList<CrashReplay> walk, string none) = left > 0 ? await Walk(triage, work!, crash, stop) : ([], work is null ? "" : NotDrawn);
                        left -= walk.Count > 0 ? 1 : 0;
                        await site.Page<CrashPage>(
                            string.Create(CultureInfo.InvariantCulture, $"crashes/{crash.Number}.html"),
                            new() { ["Links"] = below, ["Crash"] = crash, ["Walk"] = walk, ["Replay"] = walk.Count > 0 ? walk[^1] : null, ["NoReplay"] = none, ["Network"] = walk is [{ Way: not null }, ..] ? await Site.NetworkOf(triage, run.Name, stop) : null });
                    }
                },
                stop);
            await Parts(
                skip => triage.Bugs(new BugFilter { Skip = skip, Take = RowsOfAPart, WithPrivate = false }, stop),
                (skip, page) => site.Page<BugsPage>(Part("bugs", skip), new() { ["Links"] = top, ["Filter"] = new BugFilter { Take = RowsOfAPart }, ["Bugs"] = page }),
                async bug => await site.Page<BugPage>($"bugs/{Links.FileName(bug.Id)}.html", new() { ["Links"] = below, ["Bug"] = Public(await triage.Bug(bug.Id, stop)) }),
                stop);
            return site.Written;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TriageException($"{folder}: {e.Message.ReplaceLineEndings(" ")}", TriageProblem.NotWritten);
        }
    }

    private static async Task Parts<T>(Func<int, Task<Page<T>>> ask, Func<int, Page<T>, Task> write, Func<T, Task> each, CancellationToken stop)
    {
        int skip = 0;
        Page<T> page;
        do
        {
            stop.ThrowIfCancellationRequested();
            page = await ask(skip);
            await write(skip, page);
            foreach (T row in page.Rows)
            {
                await each(row);
            }

            skip += RowsOfAPart;
        }
        while (skip < page.Total);
    }

    // The replay of a crash, or why there is none.
    private static async Task<(IReadOnlyList<CrashReplay> Walk, string None)> Walk(Triage triage, ITriageWork work, CrashRow crash, CancellationToken stop)
    {
        try
        {
            return ([.. (await work.Walk(await triage.OfRuns.FolderOf(crash.Number, stop), crash.CrashId, stop)).Select(replay => replay.Shown())], "");
        }
        catch (TriageException e)
        {
            return ([], e.Message);
        }
    }

    // What maintainers are told first is on no exported page (SECURITY.md).
    private static BugDetail Public(BugDetail bug) => bug with { Elsewhere = [.. bug.Elsewhere.Where(other => !other.IsPrivate)] };

    private static string Part(string list, int skip) => skip == 0 ? $"{list}.html" : string.Create(CultureInfo.InvariantCulture, $"{list}-{skip}.html");

    private sealed class Writer(HtmlRenderer renderer, string folder)
    {
        public int Written { get; private set; }

        public async Task Page<TPage>(string file, Dictionary<string, object?> parameters)
            where TPage : IComponent
        {
            string html = await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<TPage>(ParameterView.FromDictionary(parameters))).ToHtmlString());
            File(file, System.Text.Encoding.UTF8.GetBytes(html));
        }

        public void File(string file, byte[] bytes)
        {
            string path = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            System.IO.File.WriteAllBytes(path, bytes);
            Written++;
        }
    }
}
