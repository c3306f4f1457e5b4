using Stress.Guests.Kernels;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>A test that needs the programs of a kernel build, though it builds none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BuildToolsFactAttribute : FactAttribute
{
    /// <inheritdoc/>
    public override string? Skip =>
        Tools.Required || BuildTools.Missing(BuildTools.ForKernels) is not { Count: > 0 } missing ? null : $"needs packages {string.Join(' ', missing)}";
}

/// <summary>As <see cref="BuildToolsFactAttribute"/>, for a build that changes files of the kernel.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SemanticPatchFactAttribute : FactAttribute
{
    /// <inheritdoc/>
    public override string? Skip =>
        Tools.Required || BuildTools.Missing([.. BuildTools.ForKernels, ("spatch", "coccinelle")]) is not { Count: > 0 } missing ? null : $"needs packages {string.Join(' ', missing)}";
}

/// <summary>The builder on a tree that has a kernel's outline and takes no time to build.</summary>
public sealed class KernelBuilderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stress-guests-test-").FullName;
    private readonly string _tree;
    private readonly KernelBuilder _builder;

    public KernelBuilderTests()
    {
        _tree = Path.Combine(_folder, "linux");
        _builder = new KernelBuilder(new GuestCache(Path.Combine(_folder, "cache")));
        Write("Kconfig", "config KNOWN_BUT_OFF\n\tbool\n");
        Write("arch/um/Makefile", "");
        Write("arch/um/drivers/Kconfig", "# options\n\nconfig SSL\n\tbool \"line\"\n");
        Write("arch/um/drivers/Makefile", "obj-y := line.o\n\ninclude $(srctree)/arch/um/scripts/Makefile.rules\n");
        Write("words", "first\n");

        // Takes every option but those of the file "refused"; the program repeats "words".
        Write(
            "Makefile",
            """
            allnoconfig:
            	grep -vf refused $(KCONFIG_ALLCONFIG) > $(O)/.config
            linux:
            	@echo "  CC      init/main.o"
            	test ! -e broken
            	test -e arch/um/drivers/stress_tty.c
            	mkdir -p $(O)/include/config && echo 9.9.9-test > $(O)/include/config/kernel.release
            	@echo "  LINK linux"
            	cp words $(O)/linux
            """ + "\n");
        Write("refused", "CONFIG_NOTHING_IS_REFUSED\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [BuildToolsFact]
    public async Task A_kernel_is_built_once_and_again_only_when_an_input_has_changed()
    {
        (GuestKernel first, bool built) = await _builder.BuildAsync(Order, null, default);
        (GuestKernel same, bool again) = await _builder.BuildAsync(Order, null, default);
        Write("words", "second, longer\n");
        (GuestKernel changed, bool rebuilt) = await _builder.BuildAsync(Order, null, default);
        (GuestKernel plain, _) = await _builder.BuildAsync(Order with { Plain = true }, null, default);

        Assert.Equal((true, false, true), (built, again, rebuilt));
        Assert.Equal(first.Key, same.Key);
        Assert.Equal(4, new[] { first.Key, changed.Key, plain.Key, "" }.Distinct().Count());
        Assert.Equal(("mine", "9.9.9-test", true), (first.Name, first.Release, first.Kasan));
        Assert.False(plain.Kasan);
    }

    [SemanticPatchFact]
    public async Task A_kernel_with_KCOV_has_a_key_and_a_name_of_its_own_and_is_used_only_where_it_is_named()
    {
        Write("net/Makefile", "");
        Write("drivers/net/Makefile", "");
        Write("include/linux/kcov.h", "");
        Write(
            "kernel/kcov.c",
            """
            #include <linux/kcov.h>

            static bool check_kcov_mode(int wanted, struct task_struct *t)
            {
            	unsigned int mode;

            	if (!in_task() && !elsewhere(t))
            		return false;
            	mode = READ_ONCE(t->kcov_mode);
            	return mode == wanted;
            }

            void __sanitizer_cov_trace_pc(void)
            {
            	struct task_struct *t;

            	t = current;
            	if (check_kcov_mode(2, t))
            		record(t);
            }

            static void kcov_start(struct task_struct *t, int mode)
            {
            	WRITE_ONCE(t->kcov_mode, mode);
            }

            static void kcov_stop(struct task_struct *t)
            {
            	t->kcov_mode = 0;
            }
            """ + "\n");
        (GuestKernel usual, _) = await _builder.BuildAsync(Order with { Name = null }, null, default);
        (GuestKernel covered, _) = await _builder.BuildAsync(Order with { Name = null, Kcov = true }, null, default);
        var store = new KernelStore(new GuestCache(Path.Combine(_folder, "cache")));

        Assert.NotEqual(usual.Key, covered.Key);
        Assert.Equal(("9.9.9-test", "9.9.9-test-kcov", false, true), (usual.Name, covered.Name, usual.Kcov, covered.Kcov));
        string wide = File.ReadAllText(Path.Combine(_folder, "cache", "kernels", covered.Key + ".tree", "source", "kernel", "kcov.c"));
        Assert.StartsWith("#include <linux/stress_cover.h>", wide, StringComparison.Ordinal);
        Assert.All((string[])["if (!t)", "& ~KCOV_IN_CTXSW", "t = READ_ONCE(stress_covered)", "WRITE_ONCE(stress_covered, t)", "WRITE_ONCE(stress_covered, NULL)"], change => Assert.Contains(change, wide, StringComparison.Ordinal));
        Assert.Contains("CONFIG_KCOV=y", File.ReadAllLines(Path.Combine(_folder, "cache", "kernels", covered.Key, "config")));
        Assert.Equal(usual.Key, store.FindSite(null).Key);
        Assert.Equal(covered.Key, store.FindSite(covered.Name).Key);
    }

    [BuildToolsFact]
    public async Task The_users_tree_is_not_touched()
    {
        string[] before = Snapshot();

        await _builder.BuildAsync(Order, null, default);

        Assert.Equal(before, Snapshot());
    }

    [BuildToolsFact]
    public async Task A_patch_goes_into_the_copy_and_one_that_does_not_apply_is_refused()
    {
        string patch = Path.Combine(_folder, "words.patch");
        File.WriteAllText(patch, "--- a/words\n+++ b/words\n@@ -1 +1 @@\n-first\n+patched\n");

        (GuestKernel kernel, _) = await _builder.BuildAsync(Order with { Patches = [patch] }, null, default);
        Assert.Equal("patched\n", File.ReadAllText(kernel.ProgramOf(new GuestCache(Path.Combine(_folder, "cache")))));
        Assert.Equal(["words.patch"], kernel.Patches);

        Write("words", "other\n");
        GuestException e = await Assert.ThrowsAsync<GuestException>(() => _builder.BuildAsync(Order with { Patches = [patch] }, null, default));
        Assert.Equal(GuestProblem.Wrong, e.Problem);
        Assert.Contains("does not apply", e.Message);
    }

    [BuildToolsFact]
    public async Task A_tree_that_lacks_an_option_is_refused_with_its_name_and_nothing_is_left_behind()
    {
        Write("refused", "CONFIG_KASAN=y\n");

        GuestException e = await Assert.ThrowsAsync<GuestException>(() => _builder.BuildAsync(Order, null, default));

        Assert.Equal(GuestProblem.Wrong, e.Problem);
        Assert.Contains("the tree does not know CONFIG_KASAN", e.Message);
        Assert.Contains("--plain", e.Message);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder, "cache", "kernels")));
    }

    [BuildToolsFact]
    public async Task An_option_of_the_users_fragment_that_cannot_be_had_is_refused_too()
    {
        Write("refused", "CONFIG_KNOWN_BUT_OFF=y\n");
        string fragment = Path.Combine(_folder, "mine.config");
        File.WriteAllText(fragment, "CONFIG_KNOWN_BUT_OFF=y\n");

        GuestException e = await Assert.ThrowsAsync<GuestException>(() => _builder.BuildAsync(Order with { Fragments = [fragment] }, null, default));

        Assert.Contains("mine.config", e.Message);
        Assert.Contains("depend on what is off", e.Message);
    }

    [BuildToolsFact]
    public async Task An_option_that_not_every_tree_has_is_only_named()
    {
        Write("refused", "CONFIG_NET_DEV_REFCNT_TRACKER=y\n");

        (GuestKernel kernel, _) = await _builder.BuildAsync(Order, null, default);

        Assert.Equal(["CONFIG_NET_DEV_REFCNT_TRACKER"], kernel.Lacks);
    }

    [BuildToolsFact]
    public async Task A_build_that_fails_leaves_nothing_behind()
    {
        Write("broken", "");

        GuestException e = await Assert.ThrowsAsync<GuestException>(() => _builder.BuildAsync(Order, null, default));

        Assert.Equal(GuestProblem.Failed, e.Problem);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder, "cache", "kernels")));
    }

    [BuildToolsFact]
    public async Task A_kernel_can_be_removed_and_is_gone()
    {
        (GuestKernel kernel, _) = await _builder.BuildAsync(Order, null, default);
        var store = new KernelStore(new GuestCache(Path.Combine(_folder, "cache")));

        Assert.Equal(kernel.Key, store.Find("mine").Key);
        store.Remove("mine");

        Assert.Throws<GuestException>(() => store.Find("mine"));
    }

    private string Patch(string name, string from, string to)
    {
        string patch = Path.Combine(_folder, name + ".patch");
        File.WriteAllText(patch, $"What it is for stands here.\nexpect: ends\n\n--- a/words\n+++ b/words\n@@ -1 +1 @@\n-{from}\n+{to}\n");
        return patch;
    }

    private string ProgramOf(GuestKernel kernel) => File.ReadAllText(kernel.ProgramOf(new GuestCache(Path.Combine(_folder, "cache"))));

    [BuildToolsFact]
    public async Task A_fix_is_built_in_a_tree_that_is_kept_and_each_without_the_ones_before()
    {
        (GuestKernel patient, _) = await _builder.BuildAsync(Order, null, default);
        var steps = new List<string>();

        (GuestKernel first, bool built) = await _builder.BuildFixAsync(patient, [Patch("one", "first", "one")], p => steps.Add(p.Step), default);
        int unpacked = steps.Count(step => step == "unpacking the source");
        (GuestKernel second, _) = await _builder.BuildFixAsync(patient, [Patch("two", "first", "two")], p => steps.Add(p.Step), default);
        (GuestKernel again, bool rebuilt) = await _builder.BuildFixAsync(patient, [Patch("one", "first", "one")], null, default);

        Assert.Equal(("one\n", "two\n", "first\n"), (ProgramOf(first), ProgramOf(second), ProgramOf(patient)));
        Assert.Equal(("mine+one", "mine+two", true, false), (first.Name, second.Name, built, rebuilt));
        Assert.Equal(first.Key, again.Key);
        Assert.Equal("first\n".Length, KernelBuilder.BytesInTree(new GuestCache(Path.Combine(_folder, "cache")), patient));
        Assert.Equal((0, 0), (unpacked, steps.Count(step => step == "unpacking the source")));
        Assert.Equal(["two.patch"], second.Patches);
        Assert.Equal((patient.Key, "mine"), (first.FixOf, new KernelStore(new GuestCache(Path.Combine(_folder, "cache"))).FindSite(null).Name));
        Assert.Equal(3, new KernelStore(new GuestCache(Path.Combine(_folder, "cache"))).All().Count(k => k.Name.StartsWith("mine", StringComparison.Ordinal)));
    }

    [BuildToolsFact]
    public async Task Patches_go_in_one_after_the_other_and_come_out_again()
    {
        (GuestKernel patient, _) = await _builder.BuildAsync(Order, null, default);

        (GuestKernel fixedAgain, _) = await _builder.BuildFixAsync(patient, [Patch("bug", "first", "bug"), Patch("right", "bug", "right")], null, default);
        (GuestKernel other, _) = await _builder.BuildFixAsync(patient, [Patch("other", "first", "other")], null, default);
        GuestException second = await Assert.ThrowsAsync<GuestException>(() => _builder.BuildFixAsync(patient, [Patch("bug", "first", "bug"), Patch("late", "first", "late")], null, default));
        (GuestKernel last, _) = await _builder.BuildFixAsync(patient, [Patch("last", "first", "last")], null, default);

        Assert.Equal(("mine+bug+right", "right\n", "other\n", "last\n"), (fixedAgain.Name, ProgramOf(fixedAgain), ProgramOf(other), ProgramOf(last)));
        Assert.Contains("late.patch: does not apply", second.Message, StringComparison.Ordinal);
    }

    [BuildToolsFact]
    public async Task A_kernel_that_keeps_no_tree_leaves_none_and_its_first_fix_makes_one()
    {
        (GuestKernel patient, _) = await _builder.BuildAsync(Order with { NoTree = true }, null, default);
        bool kept = Directory.Exists(KernelBuilder.TreeOf(new GuestCache(Path.Combine(_folder, "cache")), patient.Key));
        var steps = new List<string>();

        (GuestKernel one, _) = await _builder.BuildFixAsync(patient, [Patch("one", "first", "one")], p => steps.Add(p.Step), default);

        Assert.Equal((false, "one\n", 1), (kept, ProgramOf(one), steps.Count(step => step == "unpacking the source")));
    }

    [BuildToolsFact]
    public async Task A_semantic_patch_that_names_no_file_or_finds_no_place_is_refused()
    {
        (GuestKernel patient, _) = await _builder.BuildAsync(Order, null, default);
        string nowhere = Path.Combine(_folder, "nowhere.cocci"), elsewhere = Path.Combine(_folder, "elsewhere.cocci");
        File.WriteAllText(nowhere, "@@ @@\n-f();\n");
        File.WriteAllText(elsewhere, "// File: missing.c\n@@ @@\n-f();\n");

        GuestException[] refused = [.. await Task.WhenAll(new[] { nowhere, elsewhere }.Select(file => Assert.ThrowsAsync<GuestException>(() => _builder.CheckFixAsync(patient, file, default))))];

        Assert.All(refused, e => Assert.True(e.Problem is GuestProblem.Wrong or GuestProblem.Unavailable));
        Assert.True(refused[0].Problem == GuestProblem.Unavailable || (refused[0].Message.Contains("no line '// File: PATH'", StringComparison.Ordinal) && refused[1].Message.Contains("has no file missing.c", StringComparison.Ordinal)));
    }

    [BuildToolsFact]
    public async Task A_fix_that_does_not_apply_or_does_not_build_is_named_and_spoils_no_other()
    {
        (GuestKernel patient, _) = await _builder.BuildAsync(Order, null, default);
        string breaks = Path.Combine(_folder, "breaks.patch"), elsewhere = Patch("elsewhere", "second", "third");
        File.WriteAllText(breaks, "--- /dev/null\n+++ b/broken\n@@ -0,0 +1 @@\n+x\n");

        GuestException no = await Assert.ThrowsAsync<GuestException>(() => _builder.BuildFixAsync(patient, [elsewhere], null, default));
        GuestException fails = await Assert.ThrowsAsync<GuestException>(() => _builder.BuildFixAsync(patient, [breaks], null, default));
        (GuestKernel good, _) = await _builder.BuildFixAsync(patient, [Patch("good", "first", "good")], null, default);
        GuestException early = await Assert.ThrowsAsync<GuestException>(() => _builder.CheckFixAsync(patient, elsewhere, default));

        Assert.StartsWith($"{elsewhere}: does not apply to kernel 'mine'", no.Message);
        Assert.Equal((GuestProblem.Wrong, GuestProblem.Wrong), (no.Problem, early.Problem));
        Assert.StartsWith($"{breaks}: the kernel does not build", fails.Message);
        Assert.Equal("good\n", ProgramOf(good));
    }

    [BuildToolsFact]
    public async Task A_kernel_that_cannot_be_built_again_has_no_fixes()
    {
        (GuestKernel patient, _) = await _builder.BuildAsync(Order with { Patches = [Patch("own", "first", "own")], NoTree = true }, null, default);

        GuestException e = await Assert.ThrowsAsync<GuestException>(() => _builder.BuildFixAsync(patient, [Patch("one", "own", "one")], null, default));

        Assert.Contains("kernel 'mine' has no tree, and cannot be built again from", e.Message);
    }

    private KernelOrder Order => new() { Source = _tree, Name = "mine" };

    private void Write(string path, string text)
    {
        string full = Path.Combine(_tree, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private string[] Snapshot() => [.. Directory.GetFiles(_tree, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => file + File.ReadAllText(file))];
}
