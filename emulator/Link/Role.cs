using System.Text.Json.Serialization;

namespace Stress.Emulator.Link;

/// <summary>Which end of the call a router is (the mail's "called" and "calling" system).</summary>
public enum Role : byte
{
    Called = 0,
    Calling = 1,
}
