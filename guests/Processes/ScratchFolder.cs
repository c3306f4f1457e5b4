namespace Stress.Guests.Processes;

/// <summary>
/// Folders for running guests, in shared memory where the system has it: a guest's memory is a file there. Each is named after the process that owns it;
/// files left by a dead process are removed by the next one.
/// </summary>
internal static class ScratchFolder
{
    private const string Prefix = "stress-guests-";

    /// <summary>A new folder.</summary>
    public static string Create()
    {
        string root = Root();
        RemoveOrphans(root);
        string own = Path.Combine(root, $"{Prefix}{Environment.ProcessId}");
        for (int n = 0; ; n++)
        {
            string folder = Path.Combine(own, n.ToString("D4", System.Globalization.CultureInfo.InvariantCulture) + "-" + Path.GetRandomFileName()[..4]);
            if (!Directory.Exists(folder))
            {
                return Directory.CreateDirectory(folder).FullName;
            }
        }
    }

    /// <summary>Removes a folder, and the process's own when it was the last.</summary>
    public static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
            Directory.Delete(Path.GetDirectoryName(folder)!);
        }
        catch (IOException)
        {
            // Other guests of this process are still running, or the launcher was faster.
        }
    }

    private static string Root() => Environment.GetEnvironmentVariable(GuestCache.ScratchVariable) is { Length: > 0 } named ? named : Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    private static void RemoveOrphans(string root)
    {
        foreach (string left in Directory.GetDirectories(root, Prefix + "*"))
        {
            if (int.TryParse(Path.GetFileName(left)[Prefix.Length..], out int owner) && !Directory.Exists($"/proc/{owner}"))
            {
                try
                {
                    Directory.Delete(left, recursive: true);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Another process is removing it too, or it belongs to another user.
                }
            }
        }
    }
}
