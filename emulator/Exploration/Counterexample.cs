namespace Stress.Emulator.Exploration;

/// <summary>A step of a schedule.</summary>
/// <param name="Router">Its router.</param>
/// <param name="Actor">Whose step.</param>
/// <param name="Step">What it does.</param>
/// <param name="Answer">What the kernel answered.</param>
/// <param name="Preempts">It takes the CPU from a process that could continue.</param>
public sealed record ScheduleStep(string Router, string Actor, string Step, string Answer, bool Preempts);

/// <summary>Something that was found, and the shortest schedule to it.</summary>
/// <param name="Router">The router it was found on.</param>
/// <param name="Finding">What.</param>
/// <param name="Schedule">The steps, the last one being the one that does it.</param>
public sealed record Counterexample(string Router, Finding Finding, IReadOnlyList<ScheduleStep> Schedule);
