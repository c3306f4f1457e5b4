using System.Runtime.InteropServices;

namespace Stress.Fuzz.Search;

/// <summary>Processor time of processes that this one started and that have ended, as times(2) counts it.</summary>
internal static class ChildProcessorTime
{
    private const int ClockTicks = 2;

    /// <summary>User and system time of all of them, with what they in turn have waited for.</summary>
    public static TimeSpan OfEnded()
    {
        if (!OperatingSystem.IsLinux())
        {
            return TimeSpan.Zero;
        }

        _ = Times(out Tms times);
        return TimeSpan.FromSeconds((times.ChildUser + times.ChildSystem) / (double)Sysconf(ClockTicks));
    }

    [DllImport("libc", EntryPoint = "times")]
    private static extern long Times(out Tms times);

    [DllImport("libc", EntryPoint = "sysconf")]
    private static extern long Sysconf(int name);

    [StructLayout(LayoutKind.Sequential)]
    private struct Tms
    {
        public long User, System, ChildUser, ChildSystem;
    }
}
