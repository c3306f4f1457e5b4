using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Stress.Bench.Speed;

/// <summary>The yardstick: <c>bench/ns3/pairs.cc</c>, a program of ours on Debian's ns-3, with the same packets on plain point-to-point lines.</summary>
/// <param name="PairHours">Virtual hours, summed over the pairs.</param>
/// <param name="ProcessorSeconds">Processor time of the event loop.</param>
/// <param name="KilobytesANode">Growth of the process, for each node.</param>
internal sealed record Ns3(double PairHours, double ProcessorSeconds, double KilobytesANode)
{
    /// <summary>Pair-hours for each second of one core.</summary>
    public double SpeedPerCore => PairHours / ProcessorSeconds;

    /// <summary>Builds the program and runs it; without ns-3, says what is missing.</summary>
    public static (Ns3? Measured, string Missing) Run(int pairs, double hours)
    {
        string folder = Path.Combine(Root(), "bench", "ns3");
        (int code, string _, string errors) = Start("bash", Path.Combine(folder, "build.sh"));
        if (code != 0)
        {
            return (null, errors.Trim());
        }

        (code, string output, errors) = Start(
            Path.Combine(folder, "obj", "pairs"), pairs.ToString(CultureInfo.InvariantCulture), hours.ToString(CultureInfo.InvariantCulture));
        if (code != 0)
        {
            return (null, $"ended with {code}: {errors.Trim()}");
        }

        JsonElement line = JsonDocument.Parse(output).RootElement;
        return (new Ns3(pairs * hours, line.GetProperty("processorSeconds").GetDouble(), line.GetProperty("kilobytesANode").GetDouble()), "");
    }

    /// <summary>The folder with the solution.</summary>
    public static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Stress.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"no Stress.sln above {AppContext.BaseDirectory}");
    }

    private static (int Code, string Output, string Errors) Start(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
