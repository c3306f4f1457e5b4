using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>Where a router is in its site.</summary>
/// <param name="Number">Its number; 0 is the answering system.</param>
/// <param name="Entity">Names it in the run's random streams.</param>
/// <param name="Role">Which end of the call.</param>
/// <param name="FirstLine">Number in the site of its first line.</param>
/// <param name="Lines">Its lines.</param>
public readonly record struct RouterPlace(int Number, ulong Entity, Role Role, int FirstLine, int Lines)
{
    /// <summary>The place of a router.</summary>
    public static RouterPlace Of(SiteOptions options, uint site, int number) => new(
        number, ((ulong)site << 16) | (uint)(number + 1), number == 0 ? Role.Called : Role.Calling, number == 0 ? 0 : number - 1, number == 0 ? options.CallersPerAnswerer : 1);
}
