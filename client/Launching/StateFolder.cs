using Stress.Observability;

namespace Stress.Client.Launching;

/// <summary>The subfolder of a run's folder for what has to outlive the process until the run is complete.</summary>
public static class StateFolder
{
    /// <summary>Its name.</summary>
    public const string Name = "state";

    /// <summary>The folder for what has to outlive the process.</summary>
    public static string Of(RunFolder folder) => Path.Combine(folder.Path, Name);

    /// <summary>Deletes what a complete run no longer needs.</summary>
    public static void Forget(RunFolder folder)
    {
        if (Directory.Exists(Of(folder)))
        {
            Directory.Delete(Of(folder), recursive: true);
        }
    }
}
