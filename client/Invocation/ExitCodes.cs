namespace Stress.Client;

/// <summary>What the process returns.</summary>
public static class ExitCodes
{
    /// <summary>Every expectation of the scenario is met.</summary>
    public const int Ok = 0;

    /// <summary>An expectation is not met.</summary>
    public const int ExpectationFailed = 1;

    /// <summary>The command line or the scenario is wrong; nothing was written.</summary>
    public const int Usage = 2;

    /// <summary>Two executions of the same work differ.</summary>
    public const int NotDeterministic = 3;

    /// <summary>Work was lost or failed.</summary>
    public const int Incomplete = 4;

    /// <summary>Nothing was decided: not modelled, too few to say, nothing could happen. Never counts as clean.</summary>
    public const int NotDecided = 5;

    /// <summary>What the command needs (cluster, Redis, silos, kernel) is not there; trying again may help.</summary>
    public const int Unavailable = 6;

    /// <summary>The result is known and was printed, but could not be written; trying again may help.</summary>
    public const int NotWritten = 7;

    /// <summary>What <c>git bisect run</c> takes for "this commit cannot be tested".</summary>
    public const int BisectSkip = 125;

    /// <summary>Interrupted; a partial report was written.</summary>
    public const int Interrupted = 130;

    /// <summary>
    /// The code of a run. The most severe outcome wins: an interrupted run is not a result; work that differs or is missing makes its numbers worthless; only otherwise do the numbers count.
    /// </summary>
    /// <param name="interrupted">The user ended it early.</param>
    /// <param name="differs">A second execution of a site differed.</param>
    /// <param name="complete">Every site was executed to its end.</param>
    /// <param name="expectationsMet">No expectation that could be judged failed.</param>
    /// <param name="decided">False when nothing could happen, so that no number says anything.</param>
    public static int Of(bool interrupted, bool differs, bool complete, bool expectationsMet, bool decided = true) =>
        interrupted ? Interrupted : differs ? NotDeterministic : !complete ? Incomplete : !expectationsMet ? ExpectationFailed : decided ? Ok : NotDecided;

    /// <summary>
    /// The code of a command whose result is on the screen but could not be written. Trying again may help there, so this outweighs what the result says; not so
    /// where the result is none, or partial.
    /// </summary>
    public static int OfNotWritten(int code) => code is Usage or NotDeterministic or Incomplete or Unavailable or Interrupted ? code : NotWritten;

    /// <summary>
    /// The code under <c>--bisect</c>. Only an expectation that is not met means that a commit is bad: a usage error, non-determinism, missing work and what
    /// was not decided, not there or not written say nothing about it, and <c>git bisect run</c> skips a commit on 125. 130 stays, since git stops the whole bisection above 127.
    /// </summary>
    public static int ForBisect(int code) => code is Usage or NotDeterministic or Incomplete or NotDecided or Unavailable or NotWritten ? BisectSkip : code;
}
