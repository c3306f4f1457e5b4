namespace Stress.Client.Screen;

/// <summary>A row of bars for the latest values, the highest of them a full one.</summary>
/// <param name="width">Values kept.</param>
public sealed class Sparkline(int width)
{
    private const string Bars = "▁▂▃▄▅▆▇█";
    private readonly Queue<double> _values = new(width);

    /// <summary>Adds a value, 0 or more.</summary>
    public void Add(double value)
    {
        if (_values.Count == width)
        {
            _values.Dequeue();
        }

        _values.Enqueue(value);
    }

    /// <summary>The bars, oldest first.</summary>
    public override string ToString()
    {
        double highest = _values.DefaultIfEmpty().Max();
        return string.Concat(_values.Select(value => Bars[highest <= 0 ? 0 : (int)Math.Round(value / highest * (Bars.Length - 1))]));
    }
}
