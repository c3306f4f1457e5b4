using BenchmarkDotNet.Attributes;
using Stress.Bench.Speed;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;

namespace Stress.Bench.Micro;

/// <summary>A site as bytes and back: what a checkpoint, a migration and a hand-over between silos cost.</summary>
public class ImageBenchmarks
{
    private readonly SiteOptions _options = Work.Troxel();
    private Site _site = Site.Create(Work.Troxel(), 0);
    private ReadOnlyMemory<byte> _image;

    /// <summary>Executes the windows whose state is the image.</summary>
    [GlobalSetup]
    public void Execute()
    {
        for (int i = 0; i < 6; i++)
        {
            _site.RunWindow();
        }

        _image = Save();
    }

    /// <summary>Writes the image of a site.</summary>
    [Benchmark]
    public ReadOnlyMemory<byte> Save()
    {
        var writer = new ImageWriter();
        _site.Save(writer);
        return writer.Written;
    }

    /// <summary>Reads a site from its image.</summary>
    [Benchmark]
    public Site Load() => Site.Load(_options, 0, new ImageReader(_image));
}
