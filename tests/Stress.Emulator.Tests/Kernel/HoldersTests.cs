using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

public sealed class HoldersTests
{
    public static TheoryData<HolderKind> Kinds => [.. Enum.GetValues<HolderKind>().Where(kind => kind != HolderKind.None)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_holder_has_one_record_with_a_name_a_purge_and_a_reason_why_a_purge_misses_it(HolderKind kind)
    {
        Holder holder = Holders.Of(kind);

        Assert.Single(Holders.All, other => other.Kind == kind);
        Assert.Single(Holders.All, other => other.Name == holder.Name);
        Assert.NotEmpty(holder.Purge);
        Assert.NotEqual(holder.Missed == PurgeGap.None, holder.Family == HolderFamily.None);
        Assert.Equal(kind, Holders.Named(holder.Name));
    }

    [Fact]
    public void A_holder_without_a_record_has_no_default_sentence()
    {
        var unknown = (HolderKind)Holders.Kinds;

        Assert.Throws<ArgumentOutOfRangeException>(() => Holders.Of(unknown));
        Assert.Throws<ArgumentOutOfRangeException>(() => KernelNames.Of(unknown));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Machine().Oracle.GapOf(unknown, default));
    }

    [Fact]
    public void Every_use_that_the_registry_names_has_a_spelling() =>
        Assert.All(Holders.All.SelectMany(holder => holder.Uses), site => Assert.NotEqual("unknown", KernelNames.Of(site)));

    [Fact]
    public void A_record_is_not_walked_and_a_holder_that_a_family_purges_is() =>
        Assert.All(Holders.All, holder => Assert.True(!(holder.IsRecord && holder.Walk is not null) && (holder.Family == HolderFamily.None || holder.Kind == HolderKind.NdPrefixIfp || holder.Walk is not null), holder.Name));
}
