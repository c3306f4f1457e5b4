using System.Globalization;
using System.Text;

namespace Stress.Guests.Systems;

/// <summary>
/// Writes an initramfs: a cpio archive in the format that the kernel unpacks (Documentation/driver-api/early-userspace/buffer-format.rst, "newc"). The same
/// entries give the same bytes: sorted by name, owned by root, dated to zero.
/// </summary>
internal sealed class CpioArchive
{
    private const int Regular = 0x8000, Folder = 0x4000, Link = 0xA000, Device = 0x2000;
    private readonly SortedDictionary<string, (int Mode, byte[] Content, int Major, int Minor)> _entries = new(StringComparer.Ordinal);

    /// <summary>Adds a file and the folders above it.</summary>
    /// <param name="path">From the root, without a leading slash.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="mode">Permissions.</param>
    public void AddFile(string path, byte[] content, int mode = 0x1A4)
    {
        AddParents(path);
        _entries[path] = (Regular | mode, content, 0, 0);
    }

    /// <summary>Adds a program: a file that may be executed.</summary>
    public void AddProgram(string path, byte[] content) => AddFile(path, content, 0x1ED);

    /// <summary>Adds a folder.</summary>
    public void AddFolder(string path)
    {
        AddParents(path);
        _entries[path] = (Folder | 0x1ED, [], 0, 0);
    }

    /// <summary>Adds a symbolic link.</summary>
    public void AddLink(string path, string target)
    {
        AddParents(path);
        _entries[path] = (Link | 0x1FF, Encoding.UTF8.GetBytes(target), 0, 0);
    }

    /// <summary>Adds a character device.</summary>
    public void AddDevice(string path, int major, int minor)
    {
        AddParents(path);
        _entries[path] = (Device | 0x180, [], major, minor);
    }

    /// <summary>The archive.</summary>
    public byte[] ToArray()
    {
        using var output = new MemoryStream();
        int inode = 1;
        foreach ((string path, (int mode, byte[] content, int major, int minor)) in _entries)
        {
            Append(output, inode++, path, mode, content, major, minor);
        }

        Append(output, 0, "TRAILER!!!", 0, [], 0, 0);
        return output.ToArray();
    }

    private void AddParents(string path)
    {
        for (int slash = path.IndexOf('/'); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            _entries.TryAdd(path[..slash], (Folder | 0x1ED, [], 0, 0));
        }
    }

    private static void Append(MemoryStream output, int inode, string path, int mode, byte[] content, int major, int minor)
    {
        byte[] name = Encoding.UTF8.GetBytes(path + "\0");
        int links = (mode & 0xF000) == Folder ? 2 : 1;
        int[] fields = [inode, mode, 0, 0, links, 0, content.Length, 0, 0, major, minor, name.Length, 0];
        var head = new StringBuilder("070701");
        foreach (int field in fields)
        {
            head.Append(field.ToString("X8", CultureInfo.InvariantCulture));
        }

        output.Write(Encoding.ASCII.GetBytes(head.ToString()));
        output.Write(name);
        Pad(output);
        output.Write(content);
        Pad(output);
    }

    private static void Pad(MemoryStream output)
    {
        while (output.Length % 4 != 0)
        {
            output.WriteByte(0);
        }
    }
}
