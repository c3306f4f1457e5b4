using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.NetBsd;

namespace Stress.Emulator.Exploration;

/// <summary>What an exploration looks for.</summary>
public enum FindingKind : byte
{
    /// <summary>The kernel panicked.</summary>
    Crash,

    /// <summary>Freed memory was read through a stale pointer, and the kernel went on.</summary>
    StaleUse,

    /// <summary>A pointer or index named another interface than the one it was taken from.</summary>
    Alias,

    /// <summary>A reachable pointer names no attached interface, and the design would follow it.</summary>
    StalePointer,

    /// <summary>The interface disappeared between the check of an index and its use.</summary>
    Separated,
}

/// <summary>Something that a step did, or that holds in a state.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Title">For a crash the exact crash title.</param>
public readonly record struct Finding(FindingKind Kind, string Title);

/// <summary>The outcome of a step.</summary>
/// <param name="Answer">The system call's answer, for people.</param>
/// <param name="Findings">What it did.</param>
/// <param name="Died">The kernel panicked.</param>
/// <param name="Skips">The next step of the actor is skipped: a check that failed sends nothing.</param>
/// <param name="Messages">Messages of the routing socket, in the order of <see cref="World.KernelMessages"/>.</param>
public sealed record StepOutcome(string Answer, IReadOnlyList<Finding> Findings, bool Died, bool Skips, byte[] Messages);

/// <summary>One router of a world: executes steps on the emulated kernel, from image to image.</summary>
public sealed class WorldMachine : IUseListener
{
    private readonly NetBsd2005Stack _stack;
    private readonly OperationRunner _runner;
    private readonly IfnetPtr[] _sleepers;
    private readonly bool _keepsPointer;
    private readonly List<Finding> _findings = [];
    private readonly List<HeldPointer> _held = [];

    /// <summary>A router that has booted.</summary>
    public WorldMachine(WorldRouter router, TeardownDesign design, int sleepers, bool keepsPointer)
    {
        _stack = new NetBsd2005Stack(design, router.Kernel) { Listener = this };
        _runner = new OperationRunner(_stack);
        _sleepers = new IfnetPtr[sleepers];
        _keepsPointer = keepsPointer;
        _stack.RunningKernel.OpenRoutingSocket();
    }

    /// <summary>Executes one step.</summary>
    public StepOutcome Run(WorldStep step)
    {
        _findings.Clear();
        bool skips = false;
        OperationResult result;
        Operation o = step.Operation!;
        switch (step.Kind)
        {
            case WorldStepKind.Check:
                result = _stack.CheckPacketInfo6(o.Target, _runner.IndexOf(o.Selector), _keepsPointer, out _sleepers[step.Sleeper]);
                skips = result.Value != 0;
                break;
            case WorldStepKind.Use:
                IfnetPtr found = _sleepers[step.Sleeper];
                _sleepers[step.Sleeper] = default;
                int slot = _stack.RunningKernel.IfByIndex(found.Index);
                bool separated = slot < 0 || _stack.RunningKernel.Interfaces[slot].Generation != found.Generation;
                result = _stack.SendChecked6(o.Target, o.Address6, found, _keepsPointer);
                if (separated)
                {
                    _findings.Add(new Finding(FindingKind.Separated, $"IPV6_PKTINFO: the interface that was checked has gone at its use ({(slot < 0 ? "its index is empty" : "another has its index")}: {Answer(result)})"));
                }

                break;
            default:
                result = _runner.RunOne(o);
                break;
        }

        if (_stack.Title is { } title)
        {
            _findings.Add(new Finding(FindingKind.Crash, title.ToString()));
        }

        var messages = new byte[World.KernelMessages.Count];
        while (_stack.RunningKernel.RoutingSocketHasData)
        {
            int m = _stack.RunningKernel.ReadRoutingSocket().Type switch { RtMsg.IfInfo => 0, RtMsg.NewAddr => 1, RtMsg.DelAddr => 2, RtMsg.Arrival or RtMsg.Departure => 3, _ => -1 };
            if (m >= 0)
            {
                messages[m]++;
            }
        }

        _stack.RunningKernel.OpenRoutingSocket();
        return new StepOutcome(Answer(result), [.. _findings.Distinct()], _stack.Title is not null, skips, messages);
    }

    /// <summary>The answer to a step that the kernel does not model.</summary>
    public static readonly string NotModelled = OperationResult.NotModelled.Error!.Name;

    private static string Answer(OperationResult result) => result.Error is { } e ? e.Name : "0";

    /// <summary>The stale pointers that are reachable now.</summary>
    public IReadOnlyList<Finding> StalePointers()
    {
        _held.Clear();
        _stack.RunningKernel.FindUnguarded(_held);
        foreach (IfnetPtr p in _sleepers)
        {
            if (_keepsPointer && !p.IsNull && _stack.RunningKernel.IsUnguarded(HolderKind.PktInfoIfp, p, false))
            {
                _held.Add(new HeldPointer(HolderKind.PktInfoIfp, p));
            }
        }

        return [.. _held.Select(h => new Finding(FindingKind.StalePointer, $"{KernelNames.Of(h.Holder)} names no attached interface ({KernelNames.Of(_stack.GapOf(h.Holder, h.Pointer))})")).Distinct()];
    }

    /// <summary>The router as bytes.</summary>
    public byte[] Save()
    {
        var image = new ImageWriter();
        _stack.Save(image);
        _runner.Save(image);
        image.WriteStructs<IfnetPtr>(_sleepers);
        return image.Written.ToArray();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(byte[] bytes)
    {
        var image = new ImageReader(bytes);
        _stack.Load(image);
        _runner.Load(image);
        image.ReadStructs<IfnetPtr>().CopyTo(_sleepers, 0);
        image.End();
    }

    void IUseListener.StaleUse(HolderKind holder, UseSite site, IfnetPtr p, int place) =>
        _findings.Add(new Finding(FindingKind.StaleUse, new CrashTitle(site, holder, _stack.GapOf(holder, p)).ToString()));

    void IUseListener.Alias(HolderKind holder, UseSite site, IfnetPtr p, string names) =>
        _findings.Add(new Finding(FindingKind.Alias, $"{KernelNames.Of(site)}: {KernelNames.Of(holder)} names another interface"));
}
