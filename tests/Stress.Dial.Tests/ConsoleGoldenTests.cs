using System.Globalization;
using System.Text;
using Stress.Dial.Far;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Dial.Tests;

/// <summary>
/// One file a console's text, with what must be found in it beside it (<c>.expect</c>). <c>STRESS_WRITE_EXPECTED=1</c> writes what is found, to be read before it is committed.
/// </summary>
public class ConsoleGoldenTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Stress.Dial.Tests", "Consoles");

    public static TheoryData<string> Consoles
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (string path in Directory.GetFiles(Folder, "*.txt").Order(StringComparer.Ordinal))
            {
                data.Add(Path.GetFileNameWithoutExtension(path));
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Consoles))]
    public void A_console_is_read_as_its_expectation_says_however_its_bytes_are_cut(string name)
    {
        byte[] text = File.ReadAllBytes(Path.Combine(Folder, name + ".txt"));
        string found = Found(text, text.Length);
        string expectation = Path.Combine(Folder, name + ".expect");
        if (Environment.GetEnvironmentVariable("STRESS_WRITE_EXPECTED") == "1")
        {
            File.WriteAllText(expectation, found);
        }

        Assert.Equal(File.ReadAllText(expectation), found);
        foreach (int piece in (int[])[1, 2, 7, 61])
        {
            Assert.Equal(found, Found(text, piece));
        }

        // A serial console ends its lines with CR LF.
        Assert.Equal(found, Found(Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(text).Replace("\n", "\r\n", StringComparison.Ordinal)), 61));
    }

    [Fact]
    public void A_console_whose_system_is_known_is_read_as_one_whose_system_shows_by_its_own_table_alone()
    {
        string[] consoles = [.. Directory.GetFiles(Folder, "linux*.txt").Where(path => TitlesOf(new PanicDetector(), path).Length > 0)];

        Assert.NotEmpty(consoles);
        Assert.Equal(FarSystem.Linux, new PanicDetector(FarSystem.Linux).System);
        Assert.All(consoles, path => Assert.Equal(TitlesOf(new PanicDetector(), path), TitlesOf(new PanicDetector(FarSystem.Linux), path)));
    }

    private static string[] TitlesOf(PanicDetector detector, string path)
    {
        var titles = new List<string>();
        void Take(FarPanic? first)
        {
            for (FarPanic? next = first; next is not null; next = detector.TryTake(out FarPanic? more) ? more : null)
            {
                titles.Add(next.Title);
            }
        }

        foreach (string line in File.ReadLines(path, Encoding.Latin1))
        {
            Take(detector.Line(line));
        }

        Take(detector.Complete());
        return [.. titles];
    }

    private static string Found(byte[] text, int piece)
    {
        var reader = new ConsoleReader();
        for (int at = 0; at < text.Length; at += piece)
        {
            reader.Input(text.AsSpan(at, Math.Min(piece, text.Length - at)));
        }

        reader.Quiet();
        var found = new StringBuilder();
        while (reader.TryTake(out FarPanic? crash))
        {
            Write(found, crash!);
        }

        return found.Length == 0 ? "nothing\n" : found.ToString();
    }

    private static void Write(StringBuilder text, FarPanic crash)
    {
        void Line(string name, string value)
        {
            if (value.Length > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
            }
        }

        Line("title", crash.Title);
        Line("  system", crash.System.ToString());
        Line("  kind", crash.Kind.ToString());
        Line("  path", crash.Path);
        Line("  stack", string.Join(" < ", crash.Stack));
        Line("  task", crash.Task);
        Line("  allocated by", string.Join(" < ", crash.AllocatedBy));
        Line("  freed by", string.Join(" < ", crash.FreedBy));
        foreach (FarTrace related in crash.Related)
        {
            Line("  related", $"{related.Text}: {string.Join(" < ", related.Stack)}");
        }

        foreach (FarHolder holder in crash.Holders)
        {
            Line("  holder", $"{holder.Count} {holder.Text}: {string.Join(" < ", holder.Stack)}");
        }

        foreach (FarObject o in crash.Objects)
        {
            Line("  object", $"{o.Address} {o.SizeBytes} bytes {o.Cache}: {string.Join(" < ", o.Stack)}");
        }
    }
}
