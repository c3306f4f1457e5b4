using Spectre.Console;
using Spectre.Console.Rendering;

namespace Stress.Client.Screen;

/// <summary>A cell of a table.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Style">Its highlighting, as Spectre.Console's markup names it; empty for none.</param>
public readonly record struct ScreenCell(string Text, string Style = "")
{
    /// <summary>A cell without highlighting.</summary>
    public static implicit operator ScreenCell(string text) => new(text);
}

/// <summary>
/// A table that fits its screen. If its columns do not fit, each row becomes a paragraph: its subject, then its figures by name.
/// No word is ever cut.
/// </summary>
public sealed class ScreenTable
{
    /// <summary>Columns of a screen below which no cell is broken: the rows become paragraphs instead.</summary>
    public const int NarrowBelow = 100;

    /// <summary>Text is not squeezed into less.</summary>
    private const int LeastText = 10;

    /// <summary>Of a table's border: blanks on both sides of each cell, and one between cells and at the edges.</summary>
    private const int AroundCell = 3, AtEdge = 1;

    private readonly string[] _columns;
    private readonly int _about;
    private readonly List<ScreenCell[]> _rows = [];

    /// <summary>A table without rows.</summary>
    /// <param name="columns">Headings; a column of figures has one that starts with <c>#</c>.</param>
    /// <param name="about">How many columns at the left say what a row is about; 0 for those before the first column of figures.</param>
    public ScreenTable(IReadOnlyList<string> columns, int about = 0)
    {
        _columns = [.. columns];
        int figures = Array.FindIndex(_columns, IsFigures);
        _about = about > 0 ? about : Math.Max(1, figures < 0 ? 1 : figures);
    }

    /// <summary>Adds a row.</summary>
    /// <param name="cells">One cell per column.</param>
    public ScreenTable Add(params ScreenCell[] cells)
    {
        _rows.Add(cells);
        return this;
    }

    /// <summary>Writes the table to a console.</summary>
    public void Write(IAnsiConsole console) => console.Write(For(Terminal.Width(console)));

    /// <summary>The table for a screen.</summary>
    /// <param name="width">Columns of the screen.</param>
    public IRenderable For(int width) => Widths(width) is { } widths ? Wide(widths) : Narrow(width);

    private static bool IsFigures(string column) => column.StartsWith('#');

    private static string Heading(string column) => column.TrimStart('#');

    private static string Marked(string text, string style) => style.Length == 0 ? Markup.Escape(text) : $"[{style}]{Markup.Escape(text)}[/]";

    // How wide each column is made, or null where they do not fit.
    private int[]? Widths(int width)
    {
        int room = width - AtEdge - (AroundCell * _columns.Length);
        int[] wanted = [.. _columns.Select((column, i) => Math.Max(Longest(Heading(column)), Cells(i).Select(Longest).DefaultIfEmpty().Max()))];
        if (wanted.Sum() <= room)
        {
            return wanted;
        }

        int[] least = [.. _columns.Select((column, i) => IsFigures(column)
            ? Math.Max(Wrapped.LongestWord(Heading(column)), Cells(i).Select(Longest).DefaultIfEmpty().Max())
            : Math.Max(Math.Min(wanted[i], LeastText), Cells(i).Append(Heading(column)).Max(Wrapped.LongestWord)))];
        if (width < NarrowBelow || least.Sum() > room)
        {
            return null;
        }

        while (wanted.Sum() > room)
        {
            int widest = Enumerable.Range(0, wanted.Length).Where(i => wanted[i] > least[i]).MaxBy(i => wanted[i]);
            wanted[widest]--;
        }

        return wanted;
    }

    private IEnumerable<string> Cells(int column) => _rows.Select(row => row[column].Text);

    private static int Longest(string text) => text.Split('\n').Max(line => line.Length);

    private Table Wide(int[] widths)
    {
        Table table = new Table().Border(TableBorder.Simple);
        foreach ((int i, string column) in _columns.Index())
        {
            TableColumn made = new TableColumn(Fold(Heading(column), "", widths[i])).NoWrap();
            table.AddColumn(IsFigures(column) ? made.RightAligned() : made);
        }

        foreach (ScreenCell[] row in _rows)
        {
            table.AddRow([.. row.Select((cell, i) => Fold(cell.Text, cell.Style, widths[i]))]);
        }

        return table;
    }

    private static string Fold(string text, string style, int width) =>
        string.Join('\n', Wrapped.Lines(text, width, hang: 0).Select(line => Marked(line, style)));

    private Rows Narrow(int width)
    {
        // A line of nothing would be left out.
        List<string> lines = [" "];
        foreach (ScreenCell[] row in _rows)
        {
            string about = string.Join(", ", row.Take(_about).Select(cell => cell.Text.Replace('\n', ' ')).Where(text => text.Length > 0));
            lines.AddRange(Wrapped.Lines(about, width).Select(line => Marked(line, "bold")));
            lines.AddRange(Figures(row, width));
        }

        lines.Add(" ");
        return new Rows(lines.Select(line => new Markup(line) { Overflow = Overflow.Fold }));
    }

    // As many figures on a line as fit.
    private IEnumerable<string> Figures(ScreenCell[] row, int width)
    {
        (string marked, int columns) = ("", 0);
        foreach ((int i, ScreenCell cell) in row.Index().Skip(_about).Where(cell => cell.Item.Text.Trim().Length > 0))
        {
            string name = Heading(_columns[i]).ReplaceLineEndings(" ").Replace("- ", "-"), text = cell.Text.Replace('\n', ' ').Trim();
            int wide = name.Length + 1 + text.Length;
            if (columns > 0 && columns + 3 + wide > width)
            {
                yield return marked;
                columns = 0;
            }

            if (wide + 2 > width)
            {
                foreach (string line in Wrapped.Lines($"  {name} {text}", width, hang: 4))
                {
                    yield return Markup.Escape(line);
                }

                continue;
            }

            string item = $"[dim]{Markup.Escape(name)}[/] {Marked(text, cell.Style)}";
            (marked, columns) = columns == 0 ? ("  " + item, 2 + wide) : (marked + "   " + item, columns + 3 + wide);
        }

        if (columns > 0)
        {
            yield return marked;
        }
    }
}
