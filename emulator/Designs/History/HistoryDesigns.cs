namespace Stress.Emulator.Designs.History;

/// <summary>Designs that systems had before a fix, or after one, and that are not compared with a kernel of 2005: operation lists name them, scenarios do not.</summary>
public static class HistoryDesigns
{
    /// <summary>The built-in designs, and these.</summary>
    public static DesignSet All { get; } = DesignSet.BuiltIn.With([new PurgeNone(), new PurgeAtAddressDelete(), new DisableAtLastAddress(), new NotifierTablesOnly(), new EpochIfnetOnly()]);
}
