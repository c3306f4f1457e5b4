namespace Stress.Emulator.Exploration;

/// <summary>How far an exploration goes.</summary>
/// <param name="Depth">Longest schedule, in steps.</param>
/// <param name="Preemptions">
/// Most switches away from a process that could go on, to one that was not just woken; null for any number. Switches at a sleep, and to a process that was just woken, do not count.
/// </param>
/// <param name="Reduces">Partial-order reduction by sleep sets (Godefroid 1996): of the orders that differ only in independent steps, one is executed.</param>
public sealed record ExplorationLimits(int Depth = 40, int? Preemptions = 2, bool Reduces = true);
