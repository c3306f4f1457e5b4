using CsCheck;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Wire;

public class AddressTests
{
    [Theory]
    [InlineData("2001:0db8:0:0:0:0:2:1", "2001:db8::2:1")]
    [InlineData("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1")]
    [InlineData("2001:0:0:1:0:0:0:1", "2001:0:0:1::1")]
    [InlineData("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1")]
    [InlineData("FE80::0200:F8FF:FE21:67CF", "fe80::200:f8ff:fe21:67cf")]
    [InlineData("0:0:0:0:0:0:0:0", "::")]
    [InlineData("::1", "::1")]
    [InlineData("1::", "1::")]
    [InlineData("ff02::9", "ff02::9")]
    [InlineData("::ffff:192.0.2.128", "::ffff:192.0.2.128")]
    public void An_ipv6_address_prints_in_the_form_of_rfc_5952(string text, string canonical) =>
        Assert.Equal(canonical, Ipv6Address.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData("1")]
    [InlineData("1::2::3")]
    [InlineData("12345::")]
    [InlineData("fe80::1%ppp0")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1:2:3:4:5:6:7:")]
    [InlineData("::1.2.3")]
    [InlineData("1:2:3:4:5:6:7::8")]
    public void Text_that_is_no_ipv6_address_is_refused(string text) => Assert.False(Ipv6Address.TryParse(text, out _));

    [Theory]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("01.2.3.4")]
    [InlineData("1.2.3.4 ")]
    [InlineData("")]
    [InlineData("1..2.3")]
    public void Text_that_is_no_ipv4_address_is_refused(string text) => Assert.False(Ipv4Address.TryParse(text, out _));

    [Fact]
    public void Ipv4_text_and_bytes_agree() => Gen.UInt.Sample(value =>
    {
        var address = new Ipv4Address(value);
        var bytes = new byte[4];
        address.Write(bytes);
        Assert.Equal(address, Ipv4Address.Parse(address.ToString()));
        Assert.Equal(new System.Net.IPAddress(bytes).ToString(), address.ToString());
        Assert.Equal(address, Ipv4Address.Read(bytes));
    });

    [Fact]
    public void Ipv6_text_and_bytes_agree_with_each_other() => Gen.Select(Words, Words).Sample((high, low) =>
    {
        var address = new Ipv6Address(high, low);
        var bytes = new byte[16];
        address.Write(bytes);
        Assert.Equal(address, Ipv6Address.Parse(address.ToString()));
        Assert.Equal(address, Ipv6Address.Read(bytes));
        Assert.Equal(bytes, System.Net.IPAddress.Parse(address.ToString()).GetAddressBytes());
    });

    [Fact]
    public void Parsing_any_text_never_throws() => Gen.OneOf(Gen.String[Gen.Char["0123456789abcdefg:.% "], 0, 24], Gen.String).Sample(text =>
    {
        bool six = Ipv6Address.TryParse(text, out Ipv6Address a);
        bool four = Ipv4Address.TryParse(text, out _);
        Assert.False(six && four);
        Assert.True(six || a == default);
    });

    [Fact]
    public void Groups_and_scopes_are_told_apart()
    {
        Assert.True(Ipv4Address.AllSpfRouters.IsLocalGroup);
        Assert.True(Ipv4Address.Parse("239.1.1.1").IsMulticast);
        Assert.False(Ipv4Address.Parse("224.0.1.1").IsLocalGroup);
        Assert.False(Ipv4Address.Parse("223.255.255.255").IsMulticast);
        Assert.Equal("224.0.0.5", Ipv4Address.AllSpfRouters.ToString());
        Assert.Equal("ff02::9", Ipv6Address.AllRipRouters.ToString());
        Assert.Equal(Ipv6Scope.LinkLocal, Ipv6Address.AllNodes.Scope);
        Assert.True(Ipv6Address.InterfaceLocalAllNodes.IsMulticastInterfaceLocal);
        Assert.True(Ipv6Address.Parse("febf::1").IsLinkLocal);
        Assert.False(Ipv6Address.Parse("fec0::1").IsLinkLocal);
        Assert.Equal("ff02::1:ff21:67cf", Ipv6Address.Parse("fe80::200:f8ff:fe21:67cf").SolicitedNode.ToString());
    }

    [Fact]
    public void A_kernel_form_carries_the_interface_index_in_its_second_word()
    {
        Ipv6Address kernel = Ipv6Address.LinkLocal(0x020000FFFE000001).WithEmbeddedScope(7);
        Assert.Equal("fe80:7::200:ff:fe00:1", kernel.ToString());
        Assert.Equal(7, kernel.EmbeddedScope);
        Assert.Equal("fe80::200:ff:fe00:1", kernel.WithEmbeddedScope(0).ToString());
        Assert.True(kernel.HasEmbeddedScope);
        Assert.False(Ipv6Address.Parse("2001:db8::1").HasEmbeddedScope);
    }

    private static readonly Gen<ulong> Words = Gen.OneOf(Gen.Const((ushort)0), Gen.UShort).Array[4].Select(w => ((ulong)w[0] << 48) | ((ulong)w[1] << 32) | ((ulong)w[2] << 16) | w[3]);
}
