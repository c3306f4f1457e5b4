using System.Globalization;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks;

/// <summary>An operation list that cannot be understood. The message starts with file and line and says what is accepted.</summary>
public sealed class OperationListException(string file, int line, string problem) : FormatException($"{file}:{line}: {problem}")
{
    /// <summary>The name the text was read under.</summary>
    public string File { get; } = file;

    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;
}

/// <summary>
/// Parser of operation lists: one operation a line, words separated by blanks, <c>#</c> at the start of a line or after a blank and followed by a blank
/// begins a comment (<c>#3</c> is a literal index), empty lines count only for line numbers.
/// </summary>
public static class OperationList
{
    private const int MaxSocketName = 16, MaxPipe = 60_000;

    /// <summary>Name, kind and arguments of every operation, in the order of the reference.</summary>
    private static readonly (string Name, OperationKind Kind, string Usage)[] Table =
    [
        ("create", OperationKind.Create, "IF"),
        ("open", OperationKind.Open, "IF"),
        ("index", OperationKind.Index, "IF"),
        ("addr4", OperationKind.Addr4, "IF LOCAL PEER"),
        ("addr6", OperationKind.Addr6, "IF LOCAL PREFIXLEN [PEER]"),
        ("up", OperationKind.Up, "IF"),
        ("down", OperationKind.Down, "IF"),
        ("raw4", OperationKind.Raw4, "SOCKET PROTOCOL"),
        ("udp6", OperationKind.Udp6, "SOCKET PORT"),
        ("mcif4", OperationKind.Mcif4, "SOCKET LOCAL|any"),
        ("mcif6", OperationKind.Mcif6, "SOCKET IF|@IF|#N"),
        ("join4", OperationKind.Join4, "SOCKET GROUP LOCAL|any"),
        ("join6", OperationKind.Join6, "SOCKET GROUP IF|@IF|#N"),
        ("drop4", OperationKind.Drop4, "SOCKET GROUP LOCAL|any"),
        ("drop6", OperationKind.Drop6, "SOCKET GROUP IF|@IF|#N"),
        ("send4", OperationKind.Send4, "SOCKET DESTINATION"),
        ("send6", OperationKind.Send6, "SOCKET DESTINATION"),
        ("sendpkt6", OperationKind.SendPkt6, "SOCKET DESTINATION IF|@IF|#N"),
        ("getmcif4", OperationKind.GetMcif4, "SOCKET"),
        ("getmcif6", OperationKind.GetMcif6, "SOCKET"),
        ("deladdr4", OperationKind.DelAddr4, "IF LOCAL"),
        ("deladdr6", OperationKind.DelAddr6, "IF LOCAL"),
        ("drain", OperationKind.Drain, "IF"),
        ("state", OperationKind.State, ""),
        ("ifclose", OperationKind.IfClose, "IF"),
        ("destroy", OperationKind.Destroy, "IF"),
        ("close", OperationKind.Close, "SOCKET"),
        ("tick", OperationKind.Tick, "MILLISECONDS"),
        ("deliver", OperationKind.Deliver, "IF HEXBYTES"),
        ("alloc", OperationKind.Alloc, "BYTES"),
        ("show", OperationKind.Show, "[IF|SOCKET]"),
        ("raw6", OperationKind.Raw6, "SOCKET PROTOCOL"),
        ("enqueue", OperationKind.Enqueue, "IF HEXBYTES"),
        ("softint", OperationKind.Softint, ""),
        ("pipe", OperationKind.Pipe, "MILLISECONDS"),
        ("mrt6", OperationKind.Mrt6, "SOCKET"),
        ("mif6", OperationKind.Mif6, "SOCKET MIF IF|@IF|#N"),
        ("mfc6", OperationKind.Mfc6, "SOCKET ORIGIN GROUP INMIF OUTMIF[,OUTMIF...]"),
        ("carp", OperationKind.Carp, "CARP IF"),
        ("uncarp", OperationKind.Uncarp, "CARP"),
        ("enter6", OperationKind.Enter6, "SOCKET"),
        ("leave6", OperationKind.Leave6, "SOCKET"),
        ("route4", OperationKind.Route4, "IF DESTINATION PREFIXLEN [clone]"),
        ("route6", OperationKind.Route6, "IF DESTINATION PREFIXLEN"),
        ("gjoin4", OperationKind.GJoin4, "SOCKET GROUP IF|@IF|#N"),
        ("gdrop4", OperationKind.GDrop4, "SOCKET GROUP IF|@IF|#N"),
        ("sjoin4", OperationKind.SJoin4, "SOCKET GROUP SOURCE LOCAL|any"),
        ("sdrop4", OperationKind.SDrop4, "SOCKET GROUP SOURCE LOCAL|any"),
        ("sjoin6", OperationKind.SJoin6, "SOCKET GROUP SOURCE IF|@IF|#N"),
        ("sdrop6", OperationKind.SDrop6, "SOCKET GROUP SOURCE IF|@IF|#N"),
        ("over", OperationKind.Over, "UPPER IF LOCAL REMOTE"),
        ("tcp4", OperationKind.Tcp4, "SOCKET PORT"),
        ("accept4", OperationKind.Accept4, "SOCKET NEW"),
        ("on", OperationKind.On, "IF PARENT"),
        ("bpf", OperationKind.Bpf, "BPF IF"),
        ("bpfwrite", OperationKind.BpfWrite, "BPF"),
        ("addm", OperationKind.AddMember, "BRIDGE IF"),
        ("tcp6", OperationKind.Tcp6, "SOCKET PORT"),
        ("connect4", OperationKind.Connect4, "SOCKET DESTINATION PORT"),
        ("connect6", OperationKind.Connect6, "SOCKET DESTINATION PORT IF|@IF|#N"),
    ];

    /// <summary>The operation's word in a list.</summary>
    public static string NameOf(OperationKind kind)
    {
        foreach ((string name, OperationKind k, _) in Table)
        {
            if (k == kind)
            {
                return name;
            }
        }

        return "?";
    }

    /// <summary>What an operation does, by its first word.</summary>
    /// <param name="operation">A line of a list that was parsed.</param>
    public static OperationKind KindOf(string operation)
    {
        string word = operation.Split(' ', 2)[0];
        return Table.First(o => o.Name == word).Kind;
    }

    /// <summary>The names of the operations, in the order of the reference.</summary>
    public static IEnumerable<string> Names => Table.Select(operation => operation.Name);

    /// <summary>Parses a whole list.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="file">The name for error messages.</param>
    /// <exception cref="OperationListException">Unknown operation, malformed name, address or number, wrong number of arguments, or a socket that no earlier line opened.</exception>
    public static IReadOnlyList<Operation> Parse(string text, string file)
    {
        var operations = new List<Operation>();
        var sockets = new SortedSet<string>(StringComparer.Ordinal);
        var carps = new SortedSet<string>(StringComparer.Ordinal);
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            int comment = line.StartsWith("# ", StringComparison.Ordinal) || line == "#" ? 0 : line.IndexOf(" # ", StringComparison.Ordinal);
            line = comment < 0 ? line : line[..comment].TrimEnd();
            if (line.Length > 0)
            {
                operations.Add(new LineParser(file, i + 1, line, sockets, carps).Parse());
            }
        }

        return operations;
    }

    private sealed class LineParser(string file, int line, string text, SortedSet<string> sockets, SortedSet<string> carps)
    {
        private readonly string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

        public Operation Parse()
        {
            foreach ((string name, OperationKind kind, string usage) in Table)
            {
                if (name == words[0])
                {
                    CheckCount(usage);
                    return Build(kind);
                }
            }

            throw Error($"unknown operation '{words[0]}'{NearestWord.Hint(words[0], Table.Select(t => t.Name))}; accepted: {string.Join(", ", Table.Select(t => t.Name))}");
        }

        private Operation Build(OperationKind kind)
        {
            var operation = new Operation(line, text, kind);
            switch (kind)
            {
                case OperationKind.Create or OperationKind.Open or OperationKind.Index or OperationKind.Up or OperationKind.Down
                    or OperationKind.Drain or OperationKind.IfClose or OperationKind.Destroy:
                    return operation with { Target = Interface(words[1]) };
                case OperationKind.Addr4:
                    return operation with { Target = Interface(words[1]), Address4 = Unicast4(words[2]), Second4 = Unicast4(words[3]) };
                case OperationKind.Addr6:
                    return operation with
                    {
                        Target = Interface(words[1]),
                        Address6 = Unicast6(words[2]),
                        Number = Number(words[3], 1, 128, "prefix length"),
                        Second6 = words.Length > 4 ? Unicast6(words[4]) : null,
                    };
                case OperationKind.Raw4 or OperationKind.Raw6:
                    sockets.Add(SocketName(words[1]));
                    return operation with { Target = words[1], Number = Number(words[2], 1, 255, "protocol") };
                case OperationKind.Accept4:
                    Socket(words[1]);
                    sockets.Add(SocketName(words[2]));
                    return operation with { Target = words[1], Accepted = words[2] };
                case OperationKind.Connect4:
                    sockets.Add(SocketName(words[1]));
                    return operation with { Target = words[1], Address4 = Unicast4(words[2], Peer), Number = Number(words[3], 1, 65535, "port") };
                case OperationKind.Connect6:
                    sockets.Add(SocketName(words[1]));
                    return operation with { Target = words[1], Address6 = Unicast6(words[2], Peer), Number = Number(words[3], 1, 65535, "port"), Selector = Selector(words[4]) };
                case OperationKind.Udp6 or OperationKind.Tcp4 or OperationKind.Tcp6:
                    sockets.Add(SocketName(words[1]));
                    return operation with { Target = words[1], Number = Number(words[2], 1, 65535, "port") };
                case OperationKind.Mcif4:
                    return operation with { Target = Socket(words[1]), Second4 = Address4OrAny(words[2]) };
                case OperationKind.Mcif6:
                    return operation with { Target = Socket(words[1]), Selector = Selector(words[2]) };
                case OperationKind.Join4 or OperationKind.Drop4:
                    return operation with { Target = Socket(words[1]), Address4 = Address4(words[2]), Second4 = Address4OrAny(words[3]) };
                case OperationKind.Join6 or OperationKind.Drop6 or OperationKind.SendPkt6:
                    return operation with { Target = Socket(words[1]), Address6 = Address6(words[2]), Selector = Selector(words[3]) };
                case OperationKind.Send4:
                    return operation with { Target = Socket(words[1]), Address4 = Address4(words[2]) };
                case OperationKind.Send6:
                    return operation with { Target = Socket(words[1]), Address6 = Address6(words[2]) };
                case OperationKind.Route4:
                    if (words.Length > 4 && words[4] != "clone")
                    {
                        throw Error($"'{words[4]}' is not a kind of route; accepted: 'clone', or nothing");
                    }

                    return operation with { Target = Interface(words[1]), Address4 = Address4(words[2]), Number = Number(words[3], 0, 32, "prefix length"), Cloning = words.Length > 4 };
                case OperationKind.Route6:
                    return operation with { Target = Interface(words[1]), Address6 = Address6(words[2]), Number = Number(words[3], 0, 128, "prefix length") };
                case OperationKind.GJoin4 or OperationKind.GDrop4:
                    return operation with { Target = Socket(words[1]), Address4 = Address4(words[2]), Selector = Selector(words[3]) };
                case OperationKind.SJoin4 or OperationKind.SDrop4:
                    return operation with { Target = Socket(words[1]), Address4 = Address4(words[2]), Source4 = Unicast4(words[3], "a source"), Second4 = Address4OrAny(words[4]) };
                case OperationKind.SJoin6 or OperationKind.SDrop6:
                    return operation with { Target = Socket(words[1]), Address6 = Address6(words[2]), Second6 = Unicast6(words[3], "a source"), Selector = Selector(words[4]) };
                case OperationKind.Over:
                    return operation with
                    {
                        Target = Upper(words[1]),
                        Selector = new InterfaceSelector(SelectorKind.Name, Interface(words[2]), 0),
                        Address4 = Unicast4(words[3]),
                        Second4 = Unicast4(words[4]),
                    };
                case OperationKind.On or OperationKind.AddMember:
                    return operation with { Target = Interface(words[1]), Selector = new InterfaceSelector(SelectorKind.Name, Interface(words[2]), 0) };
                case OperationKind.Bpf:
                    carps.Add("bpf " + SocketName(words[1], "bpf descriptor"));
                    return operation with { Target = words[1], Selector = new InterfaceSelector(SelectorKind.Name, Interface(words[2]), 0) };
                case OperationKind.BpfWrite:
                    return operation with
                    {
                        Target = carps.Contains("bpf " + words[1]) ? words[1] : throw Error($"unknown bpf descriptor '{words[1]}'; accepted: a name that an earlier bpf made"),
                    };
                case OperationKind.Carp:
                    carps.Add(SocketName(words[1], "carp device"));
                    return operation with { Target = words[1], Selector = new InterfaceSelector(SelectorKind.Name, Interface(words[2]), 0) };
                case OperationKind.Uncarp:
                    return operation with
                    {
                        Target = carps.Contains(words[1]) ? words[1] : throw Error($"unknown carp device '{words[1]}'; accepted: a name that an earlier carp made"),
                    };
                case OperationKind.Pipe:
                    return operation with { Number = Number(words[1], 0, MaxPipe, "number of milliseconds") };
                case OperationKind.Mif6:
                    return operation with { Target = Socket(words[1]), Number = Mif(words[2]), Selector = Selector(words[3]) };
                case OperationKind.Mfc6:
                    return operation with
                    {
                        Target = Socket(words[1]),
                        Address6 = Unicast6(words[2]),
                        Second6 = Address6(words[3]),
                        Number = Mif(words[4]),
                        Mask = words[5].Split(',').Aggregate(0u, (mask, word) => mask | 1u << Mif(word)),
                    };
                case OperationKind.GetMcif4 or OperationKind.GetMcif6 or OperationKind.Close or OperationKind.Mrt6 or OperationKind.Enter6 or OperationKind.Leave6:
                    return operation with { Target = Socket(words[1]) };
                case OperationKind.DelAddr4:
                    return operation with { Target = Interface(words[1]), Address4 = Address4(words[2]) };
                case OperationKind.DelAddr6:
                    return operation with { Target = Interface(words[1]), Address6 = Address6(words[2]) };
                case OperationKind.Tick:
                    return operation with { Number = Number(words[1], 1, int.MaxValue, "number of milliseconds") };
                case OperationKind.Deliver or OperationKind.Enqueue:
                    return operation with { Target = Interface(words[1]), Payload = Hex(words[2]) };
                case OperationKind.Alloc:
                    return operation with { Number = Number(words[1], 1, 65536, "number of bytes") };
                case OperationKind.Show:
                    return operation with { Target = words.Length > 1 ? (sockets.Contains(words[1]) ? words[1] : Interface(words[1])) : "" };
                default:
                    return operation;
            }
        }

        private void CheckCount(string usage)
        {
            string[] expected = usage.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int optional = expected.Count(e => e[0] == '[');
            int given = words.Length - 1;
            if (given < expected.Length - optional || given > expected.Length)
            {
                throw Error($"'{words[0]}' has {given} argument{(given == 1 ? "" : "s")}; accepted: {(words[0] + " " + usage).TrimEnd()}");
            }
        }

        private string Interface(string word) => IsUnitOf(word, "tun", "ppp", "gif") || ClonedKind.TryParse(word, out _)
            ? word
            : throw Error($"unknown interface name '{word}'; accepted: tunN or pppN with N from 0 to 9999, gifN that over makes, or {string.Join(", ", ClonedKind.Known.Where(kind => kind.Way != ClonedWay.Tunnel).Select(kind => kind.Name + "N"))}");

        private string Upper(string word) => IsUnitOf(word, "gif")
            ? word
            : throw Error($"'{word}' cannot be a tunnel over another interface; accepted: gifN with N from 0 to 9999");

        private static bool IsUnitOf(string word, params ReadOnlySpan<string> kinds)
        {
            int digits = word.Length;
            while (digits > 0 && char.IsAsciiDigit(word[digits - 1]))
            {
                digits--;
            }

            return digits < word.Length && kinds.Contains(word[..digits]) && word.Length - digits <= 4 && (word.Length - digits == 1 || word[digits] != '0');
        }

        private string SocketName(string word, string what = "socket")
        {
            if (word.Length > MaxSocketName || !char.IsAsciiLetter(word[0]) || !word.All(char.IsAsciiLetterOrDigit))
            {
                throw Error($"malformed {what} name '{word}'; accepted: a letter, then up to {MaxSocketName - 1} letters and digits");
            }

            return word;
        }

        private string Socket(string word) => sockets.Contains(word)
            ? word
            : throw Error($"unknown socket '{word}'; accepted: a name that an earlier raw4, raw6, udp6, tcp4 or accept4 opened ({(sockets.Count == 0 ? "none so far" : string.Join(", ", sockets))})");

        private InterfaceSelector Selector(string word)
        {
            if (word[0] == '#')
            {
                return new InterfaceSelector(SelectorKind.Literal, "", (uint)Number(word[1..], 0, int.MaxValue, "interface index"));
            }

            return word[0] == '@'
                ? new InterfaceSelector(SelectorKind.LastIndex, Interface(word[1..]), 0)
                : new InterfaceSelector(SelectorKind.Name, Interface(word), 0);
        }

        private Ipv4Address Address4(string word) => Ipv4Address.TryParse(word, out Ipv4Address address)
            ? address
            : throw Error($"unknown IPv4 address '{word}'; accepted: four numbers 0-255 with dots, such as 10.0.0.1");

        private Ipv4Address Address4OrAny(string word) => word == "any"
            ? Ipv4Address.Any
            : Ipv4Address.TryParse(word, out Ipv4Address address)
                ? address
                : throw Error($"unknown IPv4 address '{word}'; accepted: 'any', or four numbers 0-255 with dots, such as 10.0.0.1");

        private const string Peer = "the peer of a TCP connection";

        private Ipv4Address Unicast4(string word, string what = "an interface address")
        {
            Ipv4Address address = Address4(word);
            return address.IsAny || address.IsMulticast ? throw Error($"'{word}' cannot be {what}; accepted: a unicast IPv4 address") : address;
        }

        private Ipv6Address Address6(string word) => Ipv6Address.TryParse(word, out Ipv6Address address)
            ? address
            : throw Error($"unknown IPv6 address '{word}'; accepted: the forms of RFC 4291 without zone or prefix, such as fe80::1 or ff02::9");

        private Ipv6Address Unicast6(string word, string what = "an interface address")
        {
            Ipv6Address address = Address6(word);
            return address.IsAny || address.IsMulticast ? throw Error($"'{word}' cannot be {what}; accepted: a unicast IPv6 address") : address;
        }

        private int Number(string word, int low, int high, string what) =>
            int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= low && value <= high
                ? value
                : throw Error($"'{word}' is not a valid {what}; accepted: {low} to {high}");

        private int Mif(string word) => Number(word, 0, BsdKernel.MaxMifs - 1, "mif");

        private byte[] Hex(string word)
        {
            if (word.Length % 2 != 0 || !word.All(char.IsAsciiHexDigit))
            {
                throw Error($"'{word}' is not a packet; accepted: an even number of hex digits");
            }

            return Convert.FromHexString(word);
        }

        private OperationListException Error(string problem) => new(file, line, problem);
    }
}
