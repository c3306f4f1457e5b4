using Spectre.Console;

namespace Stress.Client.Screen;

/// <summary>Named values of a result, one after another, wrapped at blanks if the screen is narrow.</summary>
public static class Said
{
    /// <summary>Columns of the names.</summary>
    private const int Names = 15;

    /// <summary>Writes one named value.</summary>
    public static void Fact(IAnsiConsole console, string name, string value) => Write(console, name, Wrapped.Lines(value, Room(console), hang: 0));

    /// <summary>Writes a command to be typed; one that is broken can still be copied, since a shell joins its lines.</summary>
    public static void Command(IAnsiConsole console, string name, string command)
    {
        IReadOnlyList<string> lines = Wrapped.Lines(command, Room(console) - 2, hang: 4);
        Write(console, name, [.. lines.Select((line, i) => i < lines.Count - 1 ? line + " \\" : line)]);
    }

    /// <summary>Writes a line, a style each part.</summary>
    /// <param name="console">Where.</param>
    /// <param name="hang">Blanks before each further line.</param>
    /// <param name="parts">Texts with their styles, as Spectre.Console's markup names them; empty for none.</param>
    public static void Line(IAnsiConsole console, int hang, params (string Text, string Style)[] parts)
    {
        string text = string.Concat(parts.Select(part => part.Text)).ReplaceLineEndings(" ");
        int width = console.Profile.Width, at = 0, part = 0, left = parts.Length == 0 ? 0 : parts[0].Text.Length;
        foreach (string line in Wrapped.Lines(text, width, hang))
        {
            // The margin of a further line and the blanks that were broken at are in no part, or in two: walk both texts together.
            var marked = new System.Text.StringBuilder();
            int i = at == 0 ? 0 : Math.Min(hang, width / 2);
            marked.Append(' ', i);
            if (at > 0)
            {
                while (at < text.Length && text[at] == ' ')
                {
                    Step(ref at, ref part, ref left, parts);
                }
            }

            while (i < line.Length)
            {
                while (left == 0 && part < parts.Length - 1)
                {
                    left = parts[++part].Text.Length;
                }

                int take = Math.Min(left, line.Length - i);
                string piece = Markup.Escape(line.Substring(i, take));
                marked.Append(parts[part].Style.Length == 0 ? piece : $"[{parts[part].Style}]{piece}[/]");
                (i, at, left) = (i + take, at + take, left - take);
            }

            console.MarkupLine(marked.ToString());
        }
    }

    private static void Step(ref int at, ref int part, ref int left, (string Text, string Style)[] parts)
    {
        while (left == 0 && part < parts.Length - 1)
        {
            left = parts[++part].Text.Length;
        }

        (at, left) = (at + 1, left - 1);
    }

    private static int Room(IAnsiConsole console) => console.Profile.Width - Names;

    private static void Write(IAnsiConsole console, string name, IReadOnlyList<string> lines)
    {
        foreach ((int i, string line) in lines.Index())
        {
            int margin = line.Length - line.TrimStart(' ').Length;
            console.MarkupLine($"{Markup.Escape((i == 0 ? name : "").PadRight(Names + margin))}[bold]{Markup.Escape(line[margin..])}[/]");
        }
    }
}
