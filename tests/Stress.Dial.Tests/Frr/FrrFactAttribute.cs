using Stress.Tests.Shared;
using Xunit;

namespace Stress.Dial.Tests.Frr;

/// <summary>A test that needs Debian's FRR in a network namespace of its own, and a TUN: the programs, root, and the device. What is missing is named.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FrrFactAttribute : FactAttribute
{
    /// <inheritdoc/>
    public override string? Skip =>
        Tools.Find("vtysh") is null && !Tools.Required ? "needs vtysh (Debian package frr)"
        : Tools.Find("ip") is null && !Tools.Required ? "needs ip (Debian package iproute2)"
        : !Environment.IsPrivilegedProcess || !File.Exists("/dev/net/tun") ? "needs root and /dev/net/tun, for a network namespace with a TUN"
        : null;
}
