using System.Text;
using System.Text.RegularExpressions;

namespace Stress.Client;

/// <summary>Text broken at its blanks, so that no line is wider than the screen and no word is cut. A word wider than a line keeps one of its own.</summary>
public static partial class Wrapped
{
    /// <summary>Columns by which continuation lines are indented further than the first line.</summary>
    private const int Hang = 2;

    /// <summary>A line that begins farther in than this part of the screen has too little of it.</summary>
    private const int DeepIndent = 3;

    /// <summary>The lines of a text.</summary>
    /// <param name="text">The text; line ends in it are kept.</param>
    /// <param name="width">Most columns of a line.</param>
    /// <param name="hang">Blanks before each further line of a broken one; by default two more than before the first.</param>
    public static IReadOnlyList<string> Lines(string text, int width, int? hang = null)
    {
        List<string> lines = [];
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            Break(line.TrimEnd(), width, hang, lines);
        }

        return lines;
    }

    /// <summary>The longest word of a text: what no column can be narrower than.</summary>
    public static int LongestWord(string text) => text.Split([' ', '\n']).Max(word => word.Length);

    // Aligned columns cost more than they are worth if the line is broken anyway.
    private static string Squeezed(string line, int width)
    {
        string text = line.TrimStart(' ');
        int indent = line.Length - text.Length;
        return new string(' ', indent > width / DeepIndent ? Hang * 3 : indent) + Gaps().Replace(text, "  ");
    }

    [GeneratedRegex(" {3,}")]
    private static partial Regex Gaps();

    private static void Break(string line, int width, int? hang, List<string> lines)
    {
        if (line.Length > width && hang is null)
        {
            line = Squeezed(line, width);
        }

        int indent = line.Length - line.TrimStart(' ').Length;
        string margin = new(' ', Math.Min(hang ?? indent + Hang, width / 2));
        var now = new StringBuilder(line[..indent]);
        bool empty = true;
        for (int at = indent; at < line.Length;)
        {
            int word = at;
            while (word < line.Length && line[word] == ' ')
            {
                word++;
            }

            int end = line.IndexOf(' ', word) is var blank and >= 0 ? blank : line.Length;
            if (!empty && now.Length + end - at > width)
            {
                lines.Add(now.ToString());
                now.Clear().Append(margin).Append(line, word, end - word);
            }
            else
            {
                now.Append(line, at, end - at);
            }

            (at, empty) = (end, false);
        }

        lines.Add(now.ToString());
    }
}
