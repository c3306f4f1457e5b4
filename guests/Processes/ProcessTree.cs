using System.Globalization;

namespace Stress.Guests.Processes;

/// <summary>Reads /proc for a process and everything below it.</summary>
public static class ProcessTree
{
    // sysconf(_SC_CLK_TCK) is 100 on every Linux that runs .NET.
    private const double TicksASecond = 100;

    /// <summary>
    /// Memory of everything below a process, MiB: its proportional set size (/proc/PID/smaps_rollup), in which a page that several share counts in parts. The
    /// process itself is not in it.
    /// </summary>
    public static double ChildrenMiB(int id)
    {
        double kibibytes = 0;
        foreach (int next in Below(id).Where(next => next != id))
        {
            try
            {
                string line = File.ReadLines($"/proc/{next}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal));
                kibibytes += double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                // It has just ended.
            }
        }

        return kibibytes / 1024;
    }

    /// <summary>CPU time, user and system, of a process, of what it has waited for, and of everything below it.</summary>
    public static TimeSpan Cpu(int id)
    {
        long ticks = 0;
        foreach (int next in Below(id))
        {
            try
            {
                string[] fields = File.ReadAllText($"/proc/{next}/stat").Split(") ")[^1].Split(' ');
                for (int i = 11; i <= 14; i++)
                {
                    ticks += long.Parse(fields[i], CultureInfo.InvariantCulture);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has just ended.
            }
        }

        return TimeSpan.FromSeconds(ticks / TicksASecond);
    }

    // A process and everything below it, each before what is below it.
    private static IEnumerable<int> Below(int id)
    {
        var pending = new Stack<int>([id]);
        while (pending.TryPop(out int next))
        {
            yield return next;
            try
            {
                foreach (string task in Directory.GetDirectories($"/proc/{next}/task"))
                {
                    foreach (string child in File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    {
                        pending.Push(int.Parse(child, CultureInfo.InvariantCulture));
                    }
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has just ended.
            }
        }
    }
}
