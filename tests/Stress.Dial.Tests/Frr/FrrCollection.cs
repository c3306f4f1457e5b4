using Xunit;

namespace Stress.Dial.Tests.Frr;

/// <summary>Tests that keep up with the machine's clock beside FRR, one after another: their namespace and device are named after the process.</summary>
[CollectionDefinition(Name)]
public sealed class FrrCollection
{
    /// <summary>Its name.</summary>
    public const string Name = "FRR";
}
