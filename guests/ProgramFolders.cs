namespace Stress.Guests;

/// <summary>Folders that come with the program, wherever it is called from.</summary>
public static class ProgramFolders
{
    /// <summary>
    /// A folder as the program's own documents name it: under the working directory if it exists there, otherwise next to the program or in a folder above it.
    /// </summary>
    /// <param name="name">For example <c>scenarios/history</c>.</param>
    /// <returns>The folder's path, or <paramref name="name"/> itself where there is none.</returns>
    public static string Find(string name)
    {
        if (Directory.Exists(name))
        {
            return name;
        }

        for (DirectoryInfo? above = new(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            string folder = Path.Combine(above.FullName, name);
            if (Directory.Exists(folder))
            {
                return folder;
            }
        }

        return name;
    }
}
