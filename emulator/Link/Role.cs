namespace Stress.Emulator.Link;

/// <summary>
/// What a node is in its site, as a label: its place among the labels of the site's topology, which has the names. Whatever is counted by role is kept under it, in images
/// and on wires as well.
/// </summary>
public enum Role : byte
{
}

/// <summary>The labels of a pair (the mail's "called" and "calling" system): each has the number of its end of the telephone line.</summary>
public static class PairRoles
{
    extension(Role)
    {
        /// <summary>The system that answers.</summary>
        public static Role Called => (Role)ModemLink.Called;

        /// <summary>A system that calls.</summary>
        public static Role Calling => (Role)ModemLink.Calling;
    }
}
