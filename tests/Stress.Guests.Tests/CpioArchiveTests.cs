using System.Text;
using Stress.Guests.Systems;
using Xunit;

namespace Stress.Guests.Tests;

public sealed class CpioArchiveTests
{
    [Fact]
    public void The_same_entries_give_the_same_bytes_in_whatever_order_they_were_added()
    {
        var a = new CpioArchive();
        a.AddFile("etc/b", [1, 2, 3]);
        a.AddProgram("bin/a", [4]);
        a.AddLink("bin/c", "a");
        var b = new CpioArchive();
        b.AddLink("bin/c", "a");
        b.AddProgram("bin/a", [4]);
        b.AddFile("etc/b", [1, 2, 3]);

        Assert.Equal(a.ToArray(), b.ToArray());
    }

    [Fact]
    public void A_folder_comes_before_what_lies_in_it_and_the_archive_ends_with_its_trailer()
    {
        var archive = new CpioArchive();
        archive.AddFile("a/b/c", "x"u8.ToArray());

        Assert.Equal(["a", "a/b", "a/b/c", "TRAILER!!!"], Names(archive.ToArray()));
    }

    [Fact]
    public void Owner_and_date_of_every_entry_are_zero()
    {
        var archive = new CpioArchive();
        archive.AddFile("f", [1]);
        string head = Encoding.ASCII.GetString(archive.ToArray(), 0, 110);

        Assert.Equal("0000000000000000", head[22..38]);
        Assert.Equal("00000000", head[46..54]);
    }

    private static List<string> Names(byte[] archive)
    {
        var names = new List<string>();
        for (int at = 0; at < archive.Length;)
        {
            int Field(int n) => Convert.ToInt32(Encoding.ASCII.GetString(archive, at + 6 + (n * 8), 8), 16);
            int name = Field(11), size = Field(6);
            names.Add(Encoding.ASCII.GetString(archive, at + 110, name - 1));
            at = Up(Up(at + 110 + name) + size);
            if (names[^1] == "TRAILER!!!")
            {
                break;
            }
        }

        return names;

        static int Up(int n) => (n + 3) / 4 * 4;
    }
}
