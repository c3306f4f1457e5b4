using Stress.Emulator.Kernel.Net;
using System.Globalization;
using Stress.Emulator.Core;

namespace Stress.Emulator.Stacks;

/// <summary>One step of a run.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Operation">What was asked.</param>
/// <param name="Result">What the stack answered.</param>
public sealed record StepResult(int Number, Operation Operation, OperationResult Result)
{
    private const int OperationWidth = 44;

    /// <summary>The line of the recorded files: <c>NN  operation -> value [ERRNO(number)] [detail]</c>.</summary>
    public override string ToString()
    {
        string before = Result.Before is null ? "" : Result.Before + " ";
        string error = Result.Error is null ? "" : " " + Result.Error;
        string detail = Result.Detail is null ? "" : $"  [{Result.Detail}]";
        return string.Create(CultureInfo.InvariantCulture, $"{Number,2}  {Operation.Text.PadRight(OperationWidth)} {before}-> {Result.Value}{error}{detail}");
    }
}

/// <summary>A list that has been run.</summary>
/// <param name="Stack">The stack that ran it, as it was left.</param>
/// <param name="Steps">The steps; shorter than the list when the stack died.</param>
public sealed record OperationRun(IStack Stack, IReadOnlyList<StepResult> Steps)
{
    /// <summary>Steps whose operation the stack does not model.</summary>
    public IReadOnlyList<StepResult> NotModelled => [.. Steps.Where(step => !step.Result.IsModelled)];

    /// <summary>True when every step was executed. Of a list that was executed in part nothing can be said to be absent.</summary>
    public bool IsDecided => Steps.All(step => step.Result.IsModelled);

    /// <summary>
    /// The oracle's verdict; if an operation is not modelled, that the list is undecided, and which steps made it so. What was seen is reported nevertheless.
    /// </summary>
    public string Verdict => IsDecided ? Stack.Oracle.Verdict : $"{(Stack.Oracle.IsClean ? "" : Stack.Oracle.Verdict + "; ")}not decided: {WhyNotDecided}";

    /// <summary>Which steps are not modelled, in words; empty for a list that was executed.</summary>
    public string WhyNotDecided => IsDecided ? "" : $"{Stack.Name} does not model {string.Join(", ", NotModelled.Select(step => $"step {step.Number} ({step.Operation.Text})"))}";

    /// <summary>The last line of a recording.</summary>
    public string End => Stack.Oracle.HasDied
        ? $"END process died at step {Steps[^1].Number} ({Steps[^1].Operation.Text})"
        : Stack.Name.StartsWith("linux", StringComparison.Ordinal) ? "END normal" : "END normal, no crash";
}

/// <summary>Runs an operation list over a stack. It owns what the test program knows: the last index seen for each name.</summary>
public sealed class OperationRunner(IStack stack)
{
    private readonly SortedDictionary<string, uint> lastIndex = new(StringComparer.Ordinal);

    /// <summary>Runs the list to its end, or until the stack dies.</summary>
    public OperationRun Run(IReadOnlyList<Operation> operations)
    {
        var steps = new List<StepResult>(operations.Count);
        foreach (Operation operation in operations)
        {
            int number = steps.Count + 1;
            stack.Oracle.BeginStep(number, operation.Text);
            stack.NoteTimers();
            steps.Add(new StepResult(number, operation, Step(operation)));
            stack.NoteTimers();
            if (stack.Oracle.HasDied)
            {
                break;
            }
        }

        return new OperationRun(stack, steps);
    }

    /// <summary>Runs one operation, outside any list.</summary>
    public OperationResult RunOne(Operation operation) => Step(operation);

    /// <summary>Writes the indices that <c>@name</c> means.</summary>
    public void Save(ImageWriter image)
    {
        image.Write(lastIndex.Count);
        foreach ((string name, uint index) in lastIndex)
        {
            image.WriteArray<char>(name);
            image.Write(index);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(ImageReader image)
    {
        lastIndex.Clear();
        for (int n = image.Read<int>(); n > 0; n--)
        {
            lastIndex[new string(image.ReadArray<char>())] = image.Read<uint>();
        }
    }

    /// <summary>The interface index that a selector means now.</summary>
    public uint IndexOf(InterfaceSelector selector) => Resolve(selector);

    private OperationResult Step(Operation o) => o.Kind switch
    {
        OperationKind.Create => ClonedKind.TryParse(o.Target, out _) && !stack.HasClonedKinds ? OperationResult.NotModelled : stack.Create(o.Target),
        OperationKind.Open => stack.Open(o.Target),
        OperationKind.Index => Remember(o.Target, stack.Index(o.Target)),
        OperationKind.Addr4 => stack.AddAddress4(o.Target, o.Address4, o.Second4),
        OperationKind.Addr6 => stack.AddAddress6(o.Target, o.Address6, o.Number, o.Second6),
        OperationKind.Up => stack.Up(o.Target),
        OperationKind.Down => stack.Down(o.Target),
        OperationKind.Raw4 => stack.OpenRaw4(o.Target, o.Number),
        OperationKind.Udp6 => stack.OpenUdp6(o.Target, o.Number),
        OperationKind.Mcif4 => stack.SetMulticastInterface4(o.Target, o.Second4),
        OperationKind.Mcif6 => stack.SetMulticastInterface6(o.Target, Resolve(o.Selector)),
        OperationKind.Join4 => stack.Join4(o.Target, o.Address4, o.Second4),
        OperationKind.Join6 => stack.Join6(o.Target, o.Address6, Resolve(o.Selector)),
        OperationKind.Drop4 => stack.Drop4(o.Target, o.Address4, o.Second4),
        OperationKind.Drop6 => stack.Drop6(o.Target, o.Address6, Resolve(o.Selector)),
        OperationKind.Send4 => stack.Send4(o.Target, o.Address4),
        OperationKind.Send6 => stack.Send6(o.Target, o.Address6),
        OperationKind.SendPkt6 => stack.SendWithPacketInfo6(o.Target, o.Address6, Resolve(o.Selector)),
        OperationKind.GetMcif4 => stack.GetMulticastInterface4(o.Target),
        OperationKind.GetMcif6 => stack.GetMulticastInterface6(o.Target),
        OperationKind.DelAddr4 => stack.DeleteAddress4(o.Target, o.Address4),
        OperationKind.DelAddr6 => stack.DeleteAddress6(o.Target, o.Address6),
        OperationKind.Drain => stack.Drain(o.Target),
        OperationKind.State => stack.State(),
        OperationKind.IfClose => stack.CloseDevice(o.Target),
        OperationKind.Destroy => stack.Destroy(o.Target),
        OperationKind.Close => stack.Close(o.Target),
        OperationKind.Tick => stack.Tick(o.Number),
        OperationKind.Deliver => stack.Deliver(o.Target, o.Payload!),
        OperationKind.Alloc => stack.Allocate(o.Number),
        OperationKind.Show => stack.Show(o.Target),
        OperationKind.Raw6 => stack.OpenRaw6(o.Target, o.Number),
        OperationKind.Enqueue => stack.Enqueue(o.Target, o.Payload!),
        OperationKind.Softint => stack.SoftInterrupt(),
        OperationKind.Pipe => stack.SetPipe(o.Number),
        OperationKind.Carp => stack.CreateCarp(o.Target, o.Selector.Name),
        OperationKind.Uncarp => stack.DestroyCarp(o.Target),
        OperationKind.Enter6 => stack.EnterReadSection(o.Target),
        OperationKind.Leave6 => stack.LeaveReadSection(o.Target),
        OperationKind.Route4 => stack.AddRoute4(o.Target, o.Address4, o.Number, o.Cloning),
        OperationKind.Route6 => stack.AddRoute6(o.Target, o.Address6, o.Number),
        OperationKind.GJoin4 => stack.JoinByInterface4(o.Target, o.Address4, Resolve(o.Selector)),
        OperationKind.GDrop4 => stack.DropByInterface4(o.Target, o.Address4, Resolve(o.Selector)),
        OperationKind.SJoin4 => stack.JoinSource4(o.Target, o.Address4, o.Source4, o.Second4),
        OperationKind.SDrop4 => stack.DropSource4(o.Target, o.Address4, o.Source4, o.Second4),
        OperationKind.SJoin6 => stack.JoinSource6(o.Target, o.Address6, o.Second6!.Value, Resolve(o.Selector)),
        OperationKind.SDrop6 => stack.DropSource6(o.Target, o.Address6, o.Second6!.Value, Resolve(o.Selector)),
        OperationKind.On => stack.SetParent(o.Target, o.Selector.Name),
        OperationKind.Bpf => stack.OpenBpf(o.Target, o.Selector.Name),
        OperationKind.BpfWrite => stack.WriteBpf(o.Target),
        OperationKind.AddMember => stack.AddBridgeMember(o.Target, o.Selector.Name),
        OperationKind.Over => stack.CreateOver(o.Target, o.Selector.Name, o.Address4, o.Second4),
        OperationKind.Tcp4 => stack.OpenTcp4(o.Target, o.Number),
        OperationKind.Tcp6 => stack.OpenTcp6(o.Target, o.Number),
        OperationKind.Connect4 => stack.Connect4(o.Target, o.Address4, o.Number),
        OperationKind.Connect6 => stack.Connect6(o.Target, o.Address6, o.Number, Resolve(o.Selector)),
        OperationKind.Accept4 => stack.Accept4(o.Target, o.Accepted),
        OperationKind.Mrt6 => stack.OpenMulticastRouter6(o.Target),
        OperationKind.Mif6 => stack.AddMulticastInterface6(o.Target, o.Number, Resolve(o.Selector)),
        OperationKind.Mfc6 => stack.AddMulticastRoute6(o.Target, o.Address6, o.Second6!.Value, o.Number, o.Mask),
        _ => throw new InvalidOperationException($"operation {o.Kind} has no method"),
    };

    private OperationResult Remember(string name, OperationResult result)
    {
        if (result.Value == 0)
        {
            lastIndex[Key(name)] = stack.IndexOf(name);
        }

        return result;
    }

    private string Key(string name) => stack.KeepsOneLastIndex ? "" : name;

    private uint Resolve(InterfaceSelector selector) => selector.Kind switch
    {
        SelectorKind.Name => stack.IndexOf(selector.Name),
        SelectorKind.LastIndex => lastIndex.GetValueOrDefault(Key(selector.Name)),
        _ => selector.Index,
    };
}
