using CsCheck;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.NetBsd;
using Xunit;

namespace Stress.Emulator.Tests.Core;

public sealed class TableTests
{
    [Fact]
    public void A_table_gives_the_first_slot_that_is_free_and_grows_by_its_step() => Gen.Select(Gen.Bool, Gen.Int[0, 9]).List[0, 60].Sample(steps =>
    {
        var table = new Table<Row>();
        var used = new SortedSet<int>();
        foreach ((bool put, int slot) in steps)
        {
            if (put && used.Count < Row.Room.Limit)
            {
                int free = Enumerable.Range(0, Row.Room.Limit).First(s => !used.Contains(s));
                Assert.Equal(free, table.Put(new Row { Used = true, Value = (byte)(free + 1) }));
                used.Add(free);
            }
            else if (used.Remove(slot))
            {
                table[slot].Used = false;
            }
        }

        Assert.Equal(used, Enumerable.Range(0, table.Length).Where(Used(table)));
        Assert.All(used, slot => Assert.Equal(slot + 1, Value(table, slot)));
        Assert.True(table.Length is 2 or 5 or 8 or 10);
    });

    [Fact]
    public void A_table_that_is_full_says_which_it_is_and_what_its_limit_is()
    {
        var table = new Table<Row>();
        for (int i = 0; i < Row.Room.Limit; i++)
        {
            table.Put(new Row { Used = true });
        }

        var full = Assert.Throws<TableFullException>(() => table.Put(new Row { Used = true }));
        Assert.Equal(("row: the table is full; its limit is 10 rows", Row.Room), (full.Message, full.Room));
        Assert.Throws<TableFullException>(() => table.Reserve(11));
    }

    [Fact]
    public void A_slot_that_is_taken_again_has_another_number_and_the_old_one_names_nothing()
    {
        var table = new NumberedTable<Row>();
        int slot = table.Put(new Row { Used = true });
        uint first = table[slot].Generation;
        table[slot].Used = false;

        Assert.False(table.Names(slot, first));
        Assert.Equal(slot, table.Put(new Row { Used = true }));
        Assert.False(table.Names(slot, first));
        Assert.True(table.Names(slot, first + 1));
    }

    [Fact]
    public void How_far_a_table_has_grown_is_no_part_of_an_image_but_what_a_free_slot_still_holds_is()
    {
        var grown = new Table<Row>();
        grown.Reserve(Row.Room.Limit);
        Assert.Equal(Image(new Table<Row>()), Image(grown));
        grown[7] = new Row { Value = 1 };
        Assert.NotEqual(Image(new Table<Row>()), Image(grown));
    }

    [Fact]
    public void An_operation_beyond_the_limit_of_a_table_is_not_modelled_and_says_so()
    {
        var stack = new NetBsd2005Stack(TeardownDesigns.All[0]);
        KernelHeap heap = stack.RunningKernel.Heap;
        heap.Seed(0, HeapBlock.Room.Limit - heap.Count);
        while (heap.FreeCount(0) > 0)
        {
            heap.Malloc(0, BlockImage.Zero);
        }

        OperationResult result = stack.Create("ppp0");
        Assert.False(result.IsModelled);
        Assert.Equal("block of the heap: the table is full; its limit is 32767 rows", result.Detail);
    }

    private static Func<int, bool> Used(Table<Row> table) => slot => table[slot].Used;

    private static int Value(Table<Row> table, int slot) => table[slot].Value;

    private static string Image(Table<Row> table)
    {
        var image = new ImageWriter();
        var pass = new StateWriter(image);
        table.Fields(ref pass);
        return Convert.ToHexString(image.Written.Span);
    }

    private struct Row : ITableRow<Row>, INumberedRow
    {
        public bool Used;
        public byte Value;
        public uint Generation;

        public static TableRoom Room => new("row", 2, 3, 10);

        readonly bool ITableRow<Row>.InUse => Used;

        uint INumberedRow.Generation
        {
            readonly get => Generation;
            set => Generation = value;
        }

        public static void Fields<TPass>(ref Row value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Used);
            pass.Field(ref value.Value);
            pass.Field(ref value.Generation);
        }
    }
}
