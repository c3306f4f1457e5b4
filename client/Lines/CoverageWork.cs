using Stress.Emulator.Sites;
using Stress.Emulator.Stacks;
using Stress.Scenarios;

namespace Stress.Client.Lines;

/// <summary>The work executed with line marks. It is called in a second copy of the program, so its arguments are types of the base library.</summary>
public static class CoverageWork
{
    /// <summary>Runs operation lists.</summary>
    /// <param name="lists">Paths.</param>
    /// <param name="stacks">The stack of each.</param>
    /// <param name="designs">The design of each.</param>
    public static void RunLists(string[] lists, string[] stacks, string[] designs)
    {
        for (int i = 0; i < lists.Length; i++)
        {
            OperationFile file = OperationFile.Parse(File.ReadAllText(lists[i]), lists[i]);
            new OperationRunner(StackCatalog.Create(stacks[i], designs[i], file.Conditions)).Run(file.Operations);
        }
    }

    /// <summary>Runs sites of a scenario.</summary>
    /// <param name="scenario">Its path.</param>
    /// <param name="sites">How many, from the first.</param>
    /// <param name="windows">How many windows of each.</param>
    public static void RunScenario(string scenario, int sites, int windows)
    {
        SiteOptions options = ScenarioLoader.Load(scenario).Site;
        for (uint number = 0; number < sites; number++)
        {
            Site site = Site.Create(options, number);
            for (int window = 0; window < windows; window++)
            {
                site.RunWindow();
            }
        }
    }
}
