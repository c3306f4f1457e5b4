using CsCheck;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

public class KernelHeapTests
{
    private const uint Poison = KernelHeap.WeirdAddr, MallocType = 0xC0350000;

    [Fact]
    public void The_free_list_is_first_in_first_out()
    {
        var heap = new KernelHeap(Abi.Ilp32, MallocFill.Diagnostic);
        heap.Seed(0, 3);
        int a = heap.Malloc(0, BlockImage.Zero), b = heap.Malloc(0, BlockImage.Zero), c = heap.Malloc(0, BlockImage.Zero);
        heap.Free(b);
        heap.Free(c);
        heap.Free(a);

        Assert.Equal([b, c, a], new[] { heap.Malloc(0, BlockImage.Zero), heap.Malloc(0, BlockImage.Zero), heap.Malloc(0, BlockImage.Zero) });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public void With_k_free_blocks_ahead_a_freed_block_is_handed_out_by_the_request_after_k_others(int k)
    {
        var heap = new KernelHeap(Abi.Ilp32, MallocFill.Diagnostic);
        heap.Seed(0, k + 2);
        int block = heap.Malloc(0, BlockImage.PppSoftc), later = heap.Malloc(0, BlockImage.Zero);
        Assert.Equal(k, heap.FreeCount(0));
        heap.Free(block);
        heap.Free(later); // queues behind: delays nothing
        for (int i = 0; i < k; i++)
        {
            Assert.NotEqual(block, heap.Malloc(0, BlockImage.Zero));
        }

        Assert.Equal(block, heap.Malloc(0, BlockImage.Zero));
    }

    [Theory]
    [InlineData(Abi.Ilp32, 4, 1024, 16)]
    [InlineData(Abi.Lp64, 2, 2048, 32)]
    public void An_empty_list_carves_a_page(Abi abi, int softcs, int softc, int small)
    {
        var heap = new KernelHeap(abi, MallocFill.Release);
        Assert.Equal((softc, small), (heap.SizeOf(0), heap.SizeOf(1)));
        heap.Malloc(0, BlockImage.Zero);

        Assert.Equal((softcs, softcs - 1), (heap.Count, heap.FreeCount(0)));
    }

    [Theory]
    [InlineData(820, 0)]
    [InlineData(1024, 0)]
    [InlineData(513, 0)]
    [InlineData(512, -1)]
    [InlineData(1025, -1)]
    [InlineData(12, 1)]
    [InlineData(1, 1)]
    [InlineData(17, -1)]
    [InlineData(0, -1)]
    public void A_request_falls_into_the_next_power_of_two(int bytes, int expected) =>
        Assert.Equal(expected, new KernelHeap(Abi.Ilp32, MallocFill.Release).ClassOf(bytes));

    public static TheoryData<Abi, MallocFill, KernelWord, uint> FreedSoftc()
    {
        var data = new TheoryData<Abi, MallocFill, KernelWord, uint>();
        foreach (Abi abi in new[] { Abi.Ilp32, Abi.Lp64 })
        {
            // Release: only the list link over if_softc (NULL: nothing was freed later).
            data.Add(abi, MallocFill.Release, KernelWord.IfSoftc, 0);
            data.Add(abi, MallocFill.Release, KernelWord.IfAddrList, 0);
            data.Add(abi, MallocFill.Release, KernelWord.IfIndex, 7);
            data.Add(abi, MallocFill.Release, KernelWord.IfFlags, 0x8051);
            data.Add(abi, MallocFill.Release, KernelWord.IfAfdata, 0xC2000040);

            // DIAGNOSTIC: the first 32 bytes, with the type over the word before the link.
            data.Add(abi, MallocFill.Diagnostic, KernelWord.IfSoftc, Poison);
            data.Add(abi, MallocFill.Diagnostic, KernelWord.IfList, MallocType);
            data.Add(abi, MallocFill.Diagnostic, KernelWord.IfAddrList, Poison);
            data.Add(abi, MallocFill.Diagnostic, KernelWord.IfIndex, 7);
            data.Add(abi, MallocFill.Diagnostic, KernelWord.IfFlags, 0x8051);
            data.Add(abi, MallocFill.Diagnostic, KernelWord.IfMtu, 1500);
            data.Add(abi, MallocFill.Diagnostic, KernelWord.IfOutput, KernelHeap.TextPppOutput);
            data.Add(abi, MallocFill.Diagnostic, KernelWord.IfIoctl, KernelHeap.TextPppSIoctl);
            data.Add(abi, MallocFill.Diagnostic, KernelWord.IfAfdata, 0xC2000040);

            // DIAGNOSTIC and DEBUG: everything.
            foreach (KernelWord word in new[] { KernelWord.IfSoftc, KernelWord.IfAddrList, KernelWord.IfIndex, KernelWord.IfFlags, KernelWord.IfMtu, KernelWord.IfOutput, KernelWord.IfIoctl, KernelWord.IfAfdata })
            {
                data.Add(abi, MallocFill.Debug, word, Poison);
            }

            data.Add(abi, MallocFill.Debug, KernelWord.IfList, MallocType);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(FreedSoftc))]
    public void A_freed_softc_holds_what_the_fill_leaves(Abi abi, MallocFill fill, KernelWord word, uint expected)
    {
        var heap = new KernelHeap(abi, fill);
        heap.Seed(0, 1);
        int block = heap.Malloc(0, BlockImage.PppSoftc);
        heap.SetSoftc(block, 2, 7, 0xC2000040);
        heap.SetFlags(block, 0x8051);
        heap.Free(block);

        Assert.Equal(expected, heap.Read(block, word));
    }

    [Theory]
    [InlineData(Abi.Ilp32, MallocFill.Release, KernelWord.ExtraIn6Ifstat)]
    [InlineData(Abi.Lp64, MallocFill.Release, KernelWord.ExtraIn6Ifstat)]
    [InlineData(Abi.Ilp32, MallocFill.Diagnostic, KernelWord.ExtraNdIfinfo)]
    [InlineData(Abi.Lp64, MallocFill.Diagnostic, KernelWord.ExtraNdIfinfo)]
    [InlineData(Abi.Ilp32, MallocFill.Debug, KernelWord.ExtraNdIfinfo)]
    [InlineData(Abi.Lp64, MallocFill.Debug, KernelWord.ExtraNdIfinfo)]
    public void The_list_link_lies_over_one_pointer_of_the_freed_in6_ifextra_and_is_null_until_another_block_is_freed(Abi abi, MallocFill fill, KernelWord word)
    {
        var heap = new KernelHeap(abi, fill);
        heap.Seed(1, 2);
        int block = heap.Malloc(1, BlockImage.In6IfExtra), other = heap.Malloc(1, BlockImage.Zero);
        heap.SetExtra(block, KernelHeap.NdIfinfoBase);
        heap.Free(block);
        Assert.Equal(0u, heap.Read(block, word));

        heap.Free(other);
        Assert.Equal(heap.AddressOf(other), heap.Read(block, word));
        Assert.True(KernelHeap.IsMapped(heap.Read(block, word)));
    }

    [Theory]
    [InlineData(Abi.Ilp32)]
    [InlineData(Abi.Lp64)]
    public void Without_options_a_freed_in6_ifextra_still_leads_to_its_nd_ifinfo(Abi abi)
    {
        var heap = new KernelHeap(abi, MallocFill.Release);
        heap.Seed(1, 1);
        int block = heap.Malloc(1, BlockImage.In6IfExtra);
        heap.SetExtra(block, KernelHeap.NdIfinfoBase + 64);
        heap.Free(block);

        Assert.Equal(KernelHeap.NdIfinfoBase + 64, heap.Read(block, KernelWord.ExtraNdIfinfo));
    }

    [Theory]
    [InlineData(BlockImage.Zero, 0u)]
    [InlineData(BlockImage.Text, 0x2F766564u)]
    [InlineData(BlockImage.SmallIntegers, 48u)]
    public void A_block_in_other_hands_holds_what_they_wrote(BlockImage image, uint ioctl)
    {
        var heap = new KernelHeap(Abi.Ilp32, MallocFill.Debug);
        heap.Seed(0, 1);
        heap.Free(heap.Malloc(0, BlockImage.PppSoftc));
        int block = heap.Malloc(0, image);

        Assert.Equal(ioctl, heap.Read(block, KernelWord.IfIoctl));
    }

    [Theory]
    [InlineData(0u, false)]
    [InlineData(Poison, false)]
    [InlineData(0x2F766564u, false)]
    [InlineData(3u, false)]
    [InlineData(KernelHeap.TextPppSIoctl, true)]
    [InlineData(KernelHeap.HeapBase, true)]
    [InlineData(KernelHeap.NdIfinfoBase, true)]
    [InlineData(MallocType, true)]
    [InlineData(0xC4000000u, false)]
    public void Text_data_and_heap_have_pages_and_nothing_else(uint address, bool mapped) => Assert.Equal(mapped, KernelHeap.IsMapped(address));

    [Fact]
    public void Freeing_a_block_twice_is_found()
    {
        var heap = new KernelHeap(Abi.Ilp32, MallocFill.Diagnostic);
        int block = heap.Malloc(0, BlockImage.Zero);
        heap.Free(block);

        Assert.Throws<InvalidOperationException>(() => heap.Free(block));
    }

    [Fact]
    public void Whatever_the_order_no_live_block_is_handed_out_and_no_count_is_negative() =>
        Gen.Select(Gen.Enum<Abi>(), Gen.Enum<MallocFill>(), Gen.Int[0, 5], Gen.Select(Gen.Bool, Gen.Int[0, 1], Gen.Int[0, 99]).List[0, 120]).Sample((abi, fill, seed, steps) =>
        {
            var heap = new KernelHeap(abi, fill);
            heap.Seed(0, seed);
            heap.Seed(1, seed);
            var live = new List<(int Block, int Class, uint Generation)>();
            var seen = new HashSet<uint>();
            foreach ((bool allocate, int heapClass, int pick) in steps)
            {
                if (allocate || live.Count == 0)
                {
                    int block = heap.Malloc(heapClass, BlockImage.Text);
                    Assert.DoesNotContain(live, l => l.Block == block);
                    Assert.True(seen.Add(heap.Block(block).Generation));
                    Assert.Equal(block, heap.BlockAt(heap.AddressOf(block)));
                    live.Add((block, heapClass, heap.Block(block).Generation));
                }
                else
                {
                    heap.Free(live[pick % live.Count].Block);
                    live.RemoveAt(pick % live.Count);
                }

                Assert.All(live, l => Assert.True(heap.IsLive(l.Block, l.Generation)));
                Assert.True(heap.FreeCount(0) >= 0 && heap.FreeCount(1) >= 0);
                Assert.Equal(heap.Count, live.Count + heap.FreeCount(0) + heap.FreeCount(1));
            }
        });

    [Fact]
    public void A_heap_that_was_saved_and_loaded_hands_out_the_same_blocks()
    {
        var heap = new KernelHeap(Abi.Ilp32, MallocFill.Diagnostic);
        heap.Seed(0, 3);
        heap.Free(heap.Malloc(0, BlockImage.PppSoftc));
        var image = new ImageWriter();
        image.Save(heap);
        var loaded = new KernelHeap(Abi.Ilp32, MallocFill.Diagnostic);
        new ImageReader(image.Written).Load(loaded);
        for (int i = 0; i < 9; i++)
        {
            int a = heap.Malloc(0, BlockImage.Zero), b = loaded.Malloc(0, BlockImage.Zero);
            Assert.Equal((a, heap.Block(a).Generation), (b, loaded.Block(b).Generation));
        }
    }
}
