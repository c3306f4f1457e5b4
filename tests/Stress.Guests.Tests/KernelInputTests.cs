using Stress.Guests.Kernels;
using Stress.Guests.Systems;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>What a build is asked for, and how a wrong order is refused.</summary>
public sealed class KernelInputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stress-guests-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_that_is_no_kernel_source_is_refused_and_told_what_would_be_accepted()
    {
        GuestException e = Assert.Throws<GuestException>(() => KernelSource.Of(_folder));

        Assert.Equal(GuestProblem.Wrong, e.Problem);
        Assert.Contains("arch/um/Makefile", e.Message);
    }

    [Fact]
    public void A_source_that_is_not_there_is_refused()
    {
        GuestException e = Assert.Throws<GuestException>(() => KernelSource.Of(Path.Combine(_folder, "linux")));

        Assert.Equal(GuestProblem.Wrong, e.Problem);
        Assert.Contains("no such file", e.Message);
    }

    [Fact]
    public async Task A_fragment_that_is_not_there_is_refused_before_anything_is_built()
    {
        var builder = new KernelBuilder(new GuestCache(_folder));

        GuestException e = await Assert.ThrowsAsync<GuestException>(() => builder.BuildAsync(new KernelOrder { Fragments = [Path.Combine(_folder, "mine.config")] }, null, default));

        Assert.Equal(GuestProblem.Wrong, e.Problem);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Missing_packages_are_named_once_each()
    {
        Assert.Equal(["a-package"], BuildTools.Missing([("no-such-program-here", "a-package"), ("/no/such/header.h", "a-package"), ("sh", "dash")]));
    }

    [Fact]
    public void A_kernel_of_another_name_is_refused_with_the_names_that_there_are()
    {
        var store = new KernelStore(new GuestCache(_folder));

        GuestException e = Assert.Throws<GuestException>(() => store.Find("mine"));

        Assert.Equal(GuestProblem.Unavailable, e.Problem);
    }

    [Fact]
    public void Debians_ready_kernel_is_never_removed()
    {
        var store = new KernelStore(new GuestCache(_folder));

        if (store.All().Any(kernel => kernel.Program is not null))
        {
            Assert.Equal(GuestProblem.Wrong, Assert.Throws<GuestException>(() => store.Remove("debian")).Problem);
        }
        else
        {
            Assert.Equal(GuestProblem.Unavailable, Assert.Throws<GuestException>(() => store.Remove("debian")).Problem);
        }
    }

    [Fact]
    public void The_key_of_a_build_changes_with_every_input_and_with_nothing_else()
    {
        string key = GuestCache.Key([("a", [1]), ("b", [2])]);

        Assert.Equal(key, GuestCache.Key([("a", [1]), ("b", [2])]));
        Assert.NotEqual(key, GuestCache.Key([("a", [1]), ("b", [3])]));
        Assert.NotEqual(key, GuestCache.Key([("a", [1, 98]), ("", [2])]));
        Assert.NotEqual(key, GuestCache.Key([("b", [2]), ("a", [1])]));
    }

    [Fact]
    public void Six_historic_faults_can_be_put_back_each_in_a_file_of_its_own()
    {
        Assert.Equal(6, KernelFaults.All.Select(fault => fault.File).Distinct().Count());
        Assert.All(KernelFaults.All, fault => Assert.False(string.IsNullOrWhiteSpace(fault.Fix)));
    }

    [Fact]
    public void The_libraries_and_the_interpreter_of_a_program_are_read_from_it()
    {
        (IReadOnlyList<string> libraries, string? interpreter) = ElfNeeds.Of(File.ReadAllBytes("/proc/self/exe"));

        Assert.Contains(libraries, library => library.StartsWith("libc.", StringComparison.Ordinal));
        Assert.NotNull(interpreter);
    }
}
