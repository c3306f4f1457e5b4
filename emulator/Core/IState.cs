namespace Stress.Emulator.Core;

/// <summary>
/// An object that names its own fields: one declaration of a field, next to it, serves reset, writing, reading and the layout of images. A field that is in no pass carries
/// <see cref="NotSavedAttribute"/> with the reason.
/// </summary>
public interface IState
{
    /// <summary>Shows every field to a pass, always in the same order.</summary>
    /// <param name="pass">What is done to them.</param>
    void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass;
}

/// <summary>A value that has fields of its own: a struct is written to an image field by field, never as raw memory.</summary>
/// <typeparam name="TSelf">The struct.</typeparam>
public interface IStateValue<TSelf>
    where TSelf : struct, IStateValue<TSelf>
{
    /// <summary>Shows every field of a value to a pass, always in the same order.</summary>
    /// <param name="value">The value; a pass that replaces changes it.</param>
    /// <param name="pass">What is done to its fields.</param>
    static abstract void Fields<TPass>(ref TSelf value, ref TPass pass)
        where TPass : struct, IStatePass;

    /// <summary>Reads the value as it is in another future (<see cref="ImageReader.StreamKey"/>): a value that draws continues under another key, any other stays as it was.</summary>
    /// <param name="value">The value, as it was read.</param>
    /// <param name="key">Which future; 0 is the one that happened.</param>
    static virtual void Rekey(ref TSelf value, ulong key)
    {
    }
}

/// <summary>This field is not part of an image.</summary>
/// <param name="reason">Why an object that is read back does not need it.</param>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class NotSavedAttribute(string reason) : Attribute
{
    /// <summary>Why an object that is read back does not need it.</summary>
    public string Reason { get; } = reason;
}
