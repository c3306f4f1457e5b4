using System.Globalization;

namespace Stress.Guests.Processes;

/// <summary>Reads /proc for a process and everything below it.</summary>
internal static class ProcessTree
{
    // sysconf(_SC_CLK_TCK) is 100 on every Linux that runs .NET.
    private const double TicksASecond = 100;

    /// <summary>CPU time, user and system, of a process, of what it has waited for, and of everything below it.</summary>
    public static TimeSpan Cpu(int id)
    {
        long ticks = 0;
        var pending = new Stack<int>([id]);
        while (pending.TryPop(out int next))
        {
            try
            {
                string[] fields = File.ReadAllText($"/proc/{next}/stat").Split(") ")[^1].Split(' ');
                for (int i = 11; i <= 14; i++)
                {
                    ticks += long.Parse(fields[i], CultureInfo.InvariantCulture);
                }

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

        return TimeSpan.FromSeconds(ticks / TicksASecond);
    }
}
