using Stress.Emulator.Stacks.Recorded;

namespace Stress.Emulator.Stacks.Predictions;

/// <summary>A step with another result than predicted.</summary>
/// <param name="List">The list.</param>
/// <param name="Step">The step, from 1.</param>
/// <param name="Operation">Its text.</param>
/// <param name="Predicted">What the model had said.</param>
/// <param name="Real">What the kernel answered.</param>
public sealed record StepDifference(string List, int Step, string Operation, string Predicted, string Real);

/// <summary>A list that ended differently than predicted.</summary>
/// <param name="List">The list.</param>
/// <param name="Predicted">What the model had said.</param>
/// <param name="Real">What the kernel reported.</param>
public sealed record VerdictDifference(string List, string Predicted, string Real);

/// <summary>How well predictions came true. It uses only the sealed predictions and the outcomes: no model is run.</summary>
public sealed record PredictionScore
{
    /// <summary>
    /// The probability that the model gives its first answer where it has more than one: of 498 such steps in the recordings of Linux 6.18
    /// (tests/recorded) 487 had the first (docs/predict.md).
    /// </summary>
    public const double FirstAnswer = 0.98;

    /// <summary>Lists predicted.</summary>
    public required int Lists { get; init; }

    /// <summary>Steps that were predicted and answered.</summary>
    public required int Steps { get; init; }

    /// <summary>Of these, steps with the predicted value and error.</summary>
    public required int StepsEqual { get; init; }

    /// <summary>Of the others, steps with another of the answers that the model had named as possible.</summary>
    public required int StepsOtherwise { get; init; }

    /// <summary>Steps that the model did not predict.</summary>
    public required int StepsNotModelled { get; init; }

    /// <summary>Lists with a predicted and an observed verdict.</summary>
    public required int Verdicts { get; init; }

    /// <summary>Of these, lists with the same one: reported something, or nothing.</summary>
    public required int VerdictsEqual { get; init; }

    /// <summary>Lists in which both the model and the kernel reported something.</summary>
    public required int Reported { get; init; }

    /// <summary>Of these, lists whose first report was predicted in the same function.</summary>
    public required int FunctionsEqual { get; init; }

    /// <summary>Lists without a verdict: not modelled, or the kernel did not reach one.</summary>
    public required int VerdictsNotDecided { get; init; }

    /// <summary>Steps with more than one possible answer, for whose first the model gives a probability, and which had one of them or a third.</summary>
    public required int Forecasts { get; init; }

    /// <summary>The Brier score of these (Monthly Weather Review 78, 1950): the mean of the squared difference between probability and outcome, 0 best; null without any.</summary>
    public required double? Brier { get; init; }

    /// <summary>Steps that differ: those with another answer than any that the model named come first.</summary>
    public IReadOnlyList<StepDifference> Differing { get; init; } = [];

    /// <summary>Verdicts that differ.</summary>
    public IReadOnlyList<VerdictDifference> DifferingVerdicts { get; init; } = [];

    /// <summary>Why lists have no verdict.</summary>
    public IReadOnlyList<string> Undecided { get; init; } = [];

    /// <summary>Scores predictions.</summary>
    /// <param name="predictions">The predictions.</param>
    /// <param name="outcomes">The outcomes, in the same order.</param>
    /// <exception cref="ArgumentException">The lists are not the same.</exception>
    public static PredictionScore Of(IReadOnlyList<ListPrediction> predictions, IReadOnlyList<ListOutcome> outcomes)
    {
        if (!predictions.Select(p => p.Name).SequenceEqual(outcomes.Select(o => o.Name), StringComparer.Ordinal))
        {
            throw new ArgumentException("predictions and outcomes are of different lists; accepted are the same names in the same order", nameof(outcomes));
        }

        var count = new Counter();
        for (int n = 0; n < predictions.Count; n++)
        {
            count.Add(predictions[n], outcomes[n]);
        }

        return count.Score(predictions.Count);
    }

    private sealed class Counter
    {
        private readonly List<StepDifference> _other = [], _possible = [];
        private readonly List<VerdictDifference> _verdicts = [];
        private readonly List<string> _undecided = [];
        private int _steps, _equal, _notModelled, _decided, _alike, _reported, _functions, _forecasts;
        private double _squares;

        public void Add(ListPrediction said, ListOutcome came)
        {
            Recording recording = Recording.Parse(string.Join('\n', came.Answers));
            foreach (RecordedAnswer answer in recording.Answers.Where(a => a.Number <= said.Steps.Count))
            {
                AddStep(said.Name, said.Steps[answer.Number - 1], answer);
            }

            AddVerdict(said, came);
        }

        private void AddStep(string list, StepPrediction said, RecordedAnswer answer)
        {
            if (said.Answer is null)
            {
                _notModelled++;
                return;
            }

            string real = ComparedAnswer.Of(OperationList.KindOf(said.Operation), answer);
            bool equal = said.Is(real);
            _steps++;
            _equal += equal ? 1 : 0;
            if (said.Otherwise.Count > 0)
            {
                double missed = FirstAnswer - (equal ? 1 : 0);
                _forecasts++;
                _squares += missed * missed;
            }

            if (!equal)
            {
                (said.Otherwise.Contains(real) ? _possible : _other).Add(new StepDifference(list, answer.Number, said.Operation, said.Answer, real));
            }
        }

        private void AddVerdict(ListPrediction said, ListOutcome came)
        {
            if (!said.IsDecided || came.Trouble is not null)
            {
                _undecided.Add($"{said.Name}: {(said.IsDecided ? came.Trouble : said.Verdict)}");
                return;
            }

            bool predicted = said.FirstFunction is not null, reported = came.Reports.Count > 0;
            _decided++;
            _alike += predicted == reported ? 1 : 0;
            if (predicted && reported)
            {
                _reported++;
                _functions += said.FirstFunction == came.Reports[0].Function ? 1 : 0;
            }

            if (predicted != reported || (reported && said.FirstFunction != came.Reports[0].Function))
            {
                _verdicts.Add(new VerdictDifference(said.Name, said.Verdict, reported ? string.Join("; ", came.Reports.Select(r => r.Title)) : "no report"));
            }
        }

        public PredictionScore Score(int lists) => new()
        {
            Lists = lists,
            Steps = _steps,
            StepsEqual = _equal,
            StepsOtherwise = _possible.Count,
            StepsNotModelled = _notModelled,
            Verdicts = _decided,
            VerdictsEqual = _alike,
            Reported = _reported,
            FunctionsEqual = _functions,
            VerdictsNotDecided = _undecided.Count,
            Forecasts = _forecasts,
            Brier = _forecasts == 0 ? null : _squares / _forecasts,
            Differing = [.. _other, .. _possible],
            DifferingVerdicts = _verdicts,
            Undecided = _undecided,
        };
    }
}
