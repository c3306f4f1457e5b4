using System.Diagnostics;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>A test that mounts a small file system, to fill it; skipped where this process may not mount one.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MountFactAttribute : FactAttribute
{
    /// <inheritdoc/>
    public override string? Skip => MayMount() ? null : "needs a superuser who may mount a tmpfs";

    // A namespace of its own, so that the trial leaves nothing behind.
    private static bool MayMount()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return false;
        }

        try
        {
            using Process process = Process.Start(new ProcessStartInfo("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
