namespace Stress.Bench.Speed;

/// <summary>One line of the table.</summary>
/// <param name="What">What is measured.</param>
/// <param name="Target">What it should be, in words.</param>
/// <param name="Measured">What it is.</param>
/// <param name="Met">Whether the target is met, or null if there is none or nothing was measured.</param>
internal sealed record Row(string What, string Target, string Measured, bool? Met);
