using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Stress.Guests.Kernels;

namespace Stress.Fuzz.Stacks;

/// <summary>Edges that a list reached in one function of a kernel with KCOV, and that no operation of the same boot had reached before.</summary>
/// <param name="Step">The step that did, from 1; 0 while the list's namespace was made, and one more than the last step while what the list left was removed.</param>
/// <param name="Function">The function that the edges lead into, as the kernel's source names it.</param>
/// <param name="Edges">A hash of each: both blocks by function and offset, so that it is the same in another build of the same source.</param>
public sealed record ReachedEdges(int Step, string Function, IReadOnlyList<ulong> Edges);

/// <summary>
/// Reads the agent's lines of coverage. An edge is two blocks of <c>net/</c> or <c>drivers/net/</c> that were reached one after another within one operation (KCOV_TRACE_PC,
/// Documentation/dev-tools/kcov.rst), by its system calls or by what ran meanwhile: timers, softirqs, work queues, RCU callbacks.
/// </summary>
/// <param name="symbols">The kernel's functions.</param>
public sealed class KernelCoverage(KernelSymbols symbols)
{
    // How the agent's lines begin: of an operation, whose answer is before them, and of the removal of what the list left.
    private const string Operation = "cover:", Removal = "clean:";

    /// <summary>Functions that are compiled with KCOV.</summary>
    public int Functions => symbols.Covered.Count;

    /// <summary>The edges of a list.</summary>
    /// <param name="lines">The console while it ran: answers and lines of coverage, each of which belongs to the answer before it.</param>
    public IReadOnlyList<ReachedEdges> Of(IEnumerable<string> lines)
    {
        var found = new List<(int Step, string Function, ulong Edge)>();
        int step = 0;
        foreach (string line in lines)
        {
            if (line.StartsWith(Operation, StringComparison.Ordinal) || line.StartsWith(Removal, StringComparison.Ordinal))
            {
                int now = line.StartsWith(Removal, StringComparison.Ordinal) ? step + 1 : step;
                found.AddRange(Chains(line[Operation.Length..]).Select(edge => (now, Into(edge.To), HashOf(edge.From, edge.To))));
            }
            else if (AgentAnswers.Of(line) is not null)
            {
                step++;
            }
        }

        return [.. found.GroupBy(edge => (edge.Step, edge.Function)).Select(group => new ReachedEdges(group.Key.Step, group.Key.Function, [.. group.Select(edge => edge.Edge)]))];
    }

    /// <summary>The edges of a line: chains <c>FROM+WAY-WAY</c> in hexadecimal. A line that the console has broken off ends with what can be read.</summary>
    internal static IEnumerable<(ulong From, ulong To)> Chains(string text)
    {
        foreach (string chain in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int at = End(chain, 0);
            if (!ulong.TryParse(chain[..at], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong from))
            {
                yield break;
            }

            while (at < chain.Length)
            {
                int end = End(chain, at + 1);
                if (!ulong.TryParse(chain[(at + 1)..end], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong way))
                {
                    yield break;
                }

                ulong to = chain[at] == '+' ? from + way : from - way;
                yield return (from, to);
                (from, at) = (to, end);
            }
        }
    }

    private static int End(string chain, int from) => chain.AsSpan(from).IndexOfAny('+', '-') is var length && length < 0 ? chain.Length : from + length;

    private string Into(ulong address) => symbols.At(address).Function;

    private ulong HashOf(ulong from, ulong to)
    {
        var hash = new XxHash3();
        Append(hash, from);
        Append(hash, to);
        return hash.GetCurrentHashAsUInt64();
    }

    private void Append(XxHash3 hash, ulong address)
    {
        (string function, ulong offset) = address == 0 ? ("", 0) : symbols.At(address);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, offset);
        hash.Append(Encoding.UTF8.GetBytes(function + "\n"));
        hash.Append(bytes);
    }
}
