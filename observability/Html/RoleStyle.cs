using Stress.Emulator.Sites;

namespace Stress.Observability.Html;

/// <summary>The colours of a page: each label of a pair has its own, and every other has the colour of the text.</summary>
internal static class RoleStyle
{
    /// <summary>The style sheet's class of a label.</summary>
    public static string Of(string role) => PairTopology.Labels.Contains(role) ? role : "other";
}
