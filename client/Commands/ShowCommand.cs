using System.CommandLine;
using System.Globalization;
using Stress.Client.Launching;
using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress show router N [RUN]</c>: what a router's console would show. The router is rebuilt from the run's seed, which gives the same router that the run had; the run need not be in progress.
/// </summary>
public static class ShowCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var number = new Argument<long>("N") { Description = "Number of the router in the run: the answering system of a site comes before its callers.", CustomParser = TypedOption.Parser(text => Numbers.Whole("router", text, 0, long.MaxValue)) };
        var run = new Argument<string?>("RUN") { Description = "The run's folder or name (default: the latest under runs).", Arity = ArgumentArity.ZeroOrOne };
        Option<VirtualTime?> at = TypedOption.Of("--at", "Virtual hours at which to look (default: the end of the run).", text =>
            Durations.Hours(text) is { } time ? (VirtualTime?)time : throw new UsageException($"--at {text}: accepted are hours from 0 to the end of the run, or {Durations.WithUnit}"));
        var router = new Command("router", "Show a router's interfaces, sockets, memberships and routes.") { number, run, at };
        router.SetAction((line, stop) => Router(terminal, line.GetValue(number), line.GetValue(run), line.GetValue(at), stop));
        return new Command("show", "Show a part of a run.") { router };
    }

    private static async Task<int> Router(Terminal terminal, long number, string? run, VirtualTime? at, CancellationToken stop)
    {
        Launch launch = Launch.Open(Output.FindRun(run));
        (SiteOptions options, int windows, int pairs) = (launch.Scenario.Site, launch.Plan.Windows, launch.Scenario.Pairs);
        int routersOfSite = options.Topology.Nodes.Count;
        long routers = (long)(pairs / options.Lines) * routersOfSite;
        if (number >= routers)
        {
            throw new UsageException($"router {number}: accepted is a whole number from 0 to {routers - 1}");
        }

        int upTo = at is { } time ? WindowAt(time, windows, options.Window) : windows;
        if (launch.Real is not null)
        {
            return await RealRouter(terminal, launch, (int)(number / routersOfSite), (int)(number % routersOfSite), upTo, stop);
        }

        var site = Site.Create(options, (uint)(number / routersOfSite));
        while (site.NextWindow < upTo)
        {
            stop.ThrowIfCancellationRequested();
            site.RunWindow();
        }

        int member = (int)(number % routersOfSite);
        Router router = site.Routers[member];
        string calls = string.Concat(RouterPlace.Of(options, site.Number, member).Ports.Where(port => port.End == ModemLink.Calling).Select(port => $", line {port.Link}"));
        terminal.Text.WriteLine($"router {number}: site {site.Number}, {router.Label}{calls}, at {site.Now}");
        terminal.Text.WriteLine(site.Show(member));
        return ExitCodes.Ok;
    }

    // Executed again from its seed, as every site of real kernels is that has no image; its agent's last account is what is shown.
    private static async Task<int> RealRouter(Terminal terminal, Launch launch, int site, int router, int upTo, CancellationToken stop)
    {
        ISiteBackend backend = new SiteBackends(StressSiloBuilder.Backends).Of(launch.Plan)!;
        if (backend.Problem(launch.Plan) is { } problem)
        {
            terminal.Error.WriteLine($"stress: {problem}");
            return ExitCodes.Unavailable;
        }

        // One window more than are asked for: the last one of a run ends its guests.
        RunPlan plan = launch.Plan with { Windows = upTo + 1 };
        await using ISiteExecution execution = await backend.Begin(plan, site, stop);
        while (execution.NextWindow < upTo)
        {
            await execution.RunWindow(stop);
        }

        terminal.Text.WriteLine($"at {new VirtualTime(upTo * plan.Site.Window.Microseconds)}");
        terminal.Text.WriteLine(await execution.Show(router, stop));
        return ExitCodes.Ok;
    }

    private static int WindowAt(VirtualTime at, int windows, VirtualTime window) =>
        at.Microseconds <= windows * window.Microseconds
            ? (int)(at.Microseconds / window.Microseconds)
            : throw new UsageException(
                $"--at {Durations.SpellHours(at)}: accepted are hours from 0 to {((decimal)windows * window.Microseconds / 3_600_000_000m).ToString("0.##", CultureInfo.InvariantCulture)}, or {Durations.WithUnit}");
}
