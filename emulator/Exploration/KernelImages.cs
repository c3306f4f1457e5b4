using System.IO.Hashing;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Exploration;

/// <summary>
/// The kernels of a world, by their images: each image is kept once under a number, and a kernel executes a step in an image once. Reaching the same image again reuses the result.
/// </summary>
/// <param name="world">The world.</param>
/// <param name="design">How its kernels tear interfaces down.</param>
internal sealed class KernelImages(World world, TeardownDesign design)
{
    private readonly WorldMachine[] _machines = [.. world.Routers.Select(r => new WorldMachine(r, design, world.Sleepers, world.KeepsPointer))];
    private readonly List<byte[]> _images = [];
    private readonly List<IReadOnlyList<Finding>> _stale = [];
    private readonly Dictionary<UInt128, int> _imageIds = [];
    private readonly Dictionary<(int Image, int Actor, int Step), (StepOutcome Outcome, int Image)> _outcomes = [];
    private readonly SortedSet<string> _notModelled = new(StringComparer.Ordinal);

    /// <summary>Distinct images.</summary>
    public int Count => _images.Count;

    /// <summary>Steps that a kernel executed.</summary>
    public long Executed => _outcomes.Count;

    /// <summary>Steps that the kernel does not model, by their text.</summary>
    public IReadOnlyCollection<string> NotModelled => _notModelled;

    /// <summary>The stale pointers of an image.</summary>
    public IReadOnlyList<Finding> StaleOf(int image) => _stale[image];

    /// <summary>A router as its setup leaves it.</summary>
    /// <returns>The number of its image.</returns>
    /// <exception cref="ArgumentException">A step of the setup is refused by the kernel.</exception>
    public int SetUp(int router)
    {
        foreach (Stacks.Operation o in world.Routers[router].Setup)
        {
            StepOutcome outcome = _machines[router].Run(new WorldStep(WorldStepKind.Operation, o.Text, o));
            if (outcome.Died || outcome.Answer != "0")
            {
                throw new ArgumentException($"{o.Line}: setup of {world.Routers[router].Name}: \"{o.Text}\" answers {outcome.Answer}; accepted are operations that succeed");
            }
        }

        return Intern(router);
    }

    /// <summary>Executes a step of an actor in an image.</summary>
    /// <param name="image">The image's number.</param>
    /// <param name="actor">The actor.</param>
    /// <param name="number">The step's number among the actor's.</param>
    /// <param name="step">The step.</param>
    /// <returns>The outcome, and the number of the image after it: the same one for a kernel that died.</returns>
    public (StepOutcome Outcome, int Image) Execute(int image, int actor, int number, WorldStep step)
    {
        if (_outcomes.TryGetValue((image, actor, number), out var known))
        {
            return known;
        }

        int router = world.Actors[actor].Router;
        _machines[router].Load(_images[image]);
        StepOutcome outcome = _machines[router].Run(step);
        if (outcome.Answer == WorldMachine.NotModelled)
        {
            _notModelled.Add(step.Text);
        }

        var result = (outcome, outcome.Died ? image : Intern(router));
        _outcomes[(image, actor, number)] = result;
        return result;
    }

    private int Intern(int router)
    {
        byte[] bytes = _machines[router].Save();
        UInt128 hash = XxHash128.HashToUInt128(bytes, router);
        if (!_imageIds.TryGetValue(hash, out int id))
        {
            id = _images.Count;
            _imageIds[hash] = id;
            _images.Add(bytes);
            _stale.Add(_machines[router].StalePointers());
        }

        return id;
    }

    /// <summary>Writes the images.</summary>
    public void Save(ImageWriter image)
    {
        image.Write(_images.Count);
        foreach (byte[] bytes in _images)
        {
            image.WriteArray<byte>(bytes);
        }
    }

    /// <summary>Writes which steps are not modelled.</summary>
    public void SaveNotModelled(ImageWriter image)
    {
        image.Write(_notModelled.Count);
        foreach (string step in _notModelled)
        {
            image.WriteArray<char>(step);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote, in the place of all images. Their routers must still be set (<see cref="BelongTo"/>).</summary>
    public void Load(ImageReader image)
    {
        _images.Clear();
        _stale.Clear();
        _imageIds.Clear();
        for (int n = image.Read<int>(); n > 0; n--)
        {
            _images.Add(image.ReadArray<byte>());
        }
    }

    /// <summary>Reads what <see cref="SaveNotModelled"/> wrote.</summary>
    public void LoadNotModelled(ImageReader image)
    {
        _notModelled.Clear();
        for (int n = image.Read<int>(); n > 0; n--)
        {
            _notModelled.Add(new string(image.ReadArray<char>()));
        }
    }

    /// <summary>Says whose the images are that were read.</summary>
    /// <param name="routers">A router for each.</param>
    public void BelongTo(ReadOnlySpan<int> routers)
    {
        for (int i = 0; i < _images.Count; i++)
        {
            _machines[routers[i]].Load(_images[i]);
            _imageIds[XxHash128.HashToUInt128(_images[i], routers[i])] = i;
            _stale.Add(_machines[routers[i]].StalePointers());
        }
    }
}
