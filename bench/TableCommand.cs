using System.CommandLine;
using Spectre.Console;
using Stress.Bench.Speed;

namespace Stress.Bench;

/// <summary>What <c>./stress bench</c> does without a name: the table of targets, with what it was measured on.</summary>
internal static class TableCommand
{
    /// <summary>Makes the table the root command's own action.</summary>
    public static void AddTo(RootCommand root)
    {
        var quick = new Option<bool>("--quick") { Description = "Do a tenth of the work, for a quick look." };
        root.Options.Add(quick);
        root.SetAction((line, _) => Print(line.GetValue(quick)));
    }

    private static async Task<int> Print(bool quick)
    {
        Machine.Write();

        Console.WriteLine("work       scenarios/troxel-2005.yaml, pairs of two routers, HUP every 10 minutes" + (quick ? "; a tenth of the work (--quick)" : ""));
        Console.WriteLine();
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("what", "target", "measured", "met");
        bool met = true;
        await foreach (Row row in new SpeedTable(quick, what => Console.Error.WriteLine($"  {what} ...")).Measure())
        {
            table.AddRow(Markup.Escape(row.What), Markup.Escape(row.Target), Markup.Escape(row.Measured), row.Met switch { true => "yes", false => "no", null => "" });
            met &= row.Met ?? true;
        }

        IAnsiConsole console = AnsiConsole.Console;
        if (!console.Profile.Out.IsTerminal)
        {
            console.Profile.Width = Client.Terminal.PipedWidth;
        }

        console.Write(table);
        return met ? Client.ExitCodes.Ok : Client.ExitCodes.ExpectationFailed;
    }
}
