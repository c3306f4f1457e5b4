namespace Stress.Triage.Pages;

/// <summary>A run that goes on.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Line">Where it is, in a sentence.</param>
public sealed record LiveRun(string Name, string Line);
