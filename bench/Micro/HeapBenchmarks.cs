using BenchmarkDotNet.Attributes;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;

namespace Stress.Bench.Micro;

/// <summary>The kernel's malloc and a read through a pointer.</summary>
public class HeapBenchmarks
{
    private readonly KernelHeap _heap = new(Abi.Ilp32, MallocFill.Diagnostic);
    private int _block;

    /// <summary>A heap with blocks in use.</summary>
    [GlobalSetup]
    public void Fill()
    {
        _heap.Seed(0, 4);
        _block = _heap.Malloc(0, BlockImage.PppSoftc);
    }

    /// <summary>One block allocated and freed.</summary>
    [Benchmark]
    public int Malloc_and_free()
    {
        int block = _heap.Malloc(0, BlockImage.Text);
        _heap.Free(block);
        return block;
    }

    /// <summary>A read through a pointer.</summary>
    [Benchmark]
    public uint Find_a_block_by_its_address_and_read_a_word() => _heap.Read(_heap.BlockAt(_heap.AddressOf(_block)), KernelWord.IfFlags);
}
