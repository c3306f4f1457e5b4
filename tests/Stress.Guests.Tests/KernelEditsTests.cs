using Stress.Guests.Kernels;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>The edits that a build makes to a kernel's tree.</summary>
public sealed class KernelEditsTests : IDisposable
{
    private readonly string _tree = Directory.CreateTempSubdirectory("stress-tree-").FullName;

    public void Dispose() => Directory.Delete(_tree, recursive: true);

    [Theory]
    [InlineData("#define STACK_BUCKET_NUMBER_ORDER_MAX 20\n", "#define STACK_BUCKET_NUMBER_ORDER_MAX 14\n")] // 6.3 and later
    [InlineData("#define STACK_HASH_ORDER_MIN\t12\n#define STACK_HASH_ORDER_MAX\t20\n", "#define STACK_HASH_ORDER_MIN\t12\n#define STACK_HASH_ORDER_MAX\t14\n")] // 5.19 to 6.2
    [InlineData("#define STACK_HASH_SIZE (1L << CONFIG_STACK_HASH_ORDER)\n", "#define STACK_HASH_SIZE (1L << CONFIG_STACK_HASH_ORDER)\n")] // before: an option
    [InlineData("#define STACK_BUCKET_NUMBER_ORDER_MAX 16\n", "#define STACK_BUCKET_NUMBER_ORDER_MAX 16\n")] // somebody's own choice
    public void The_table_of_stacks_is_made_for_thousands_and_not_for_a_million(string source, string expected)
    {
        string file = Path.Combine(_tree, "lib", "stackdepot.c");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, source);

        KernelBuilder.SizeStackTable(_tree);

        Assert.Equal(expected, File.ReadAllText(file));
    }

    [Fact]
    public void A_tree_without_the_table_is_left_as_it_is()
    {
        KernelBuilder.SizeStackTable(_tree);

        Assert.Empty(Directory.EnumerateFileSystemEntries(_tree));
    }

    [Fact]
    public void With_KCOV_networking_is_compiled_with_it_and_nothing_else()
    {
        foreach (string folder in (string[])["net", "drivers/net", "kernel"])
        {
            Directory.CreateDirectory(Path.Combine(_tree, folder));
            File.WriteAllText(Path.Combine(_tree, folder, "Makefile"), "obj-y := one.o");
        }

        KernelBuilder.AddCoverage(_tree, "the tree");

        Assert.All((string[])["net", "drivers/net"], folder => Assert.Equal("obj-y := one.o\nsubdir-ccflags-$(CONFIG_KCOV) += $(CFLAGS_KCOV)\n", File.ReadAllText(Path.Combine(_tree, folder, "Makefile"))));
        Assert.Equal("obj-y := one.o", File.ReadAllText(Path.Combine(_tree, "kernel", "Makefile")));
    }
}
