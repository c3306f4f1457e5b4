using System.Text;

namespace Stress.Guests.Line;

/// <summary>What a command line tells the modem to do.</summary>
internal enum ModemCommand
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>Settings, which it accepts and ignores.</summary>
    Settings,

    /// <summary>ATD: dial.</summary>
    Dial,

    /// <summary>Not a command.</summary>
    Error,
}

/// <summary>A Hayes modem in command mode: collects a line and says what it requests. Echo can be switched off with E0 and result codes with Q1.</summary>
internal sealed class ModemCommands
{
    private const int Longest = 80;
    private readonly StringBuilder _line = new();

    /// <summary>The modem echoes its input.</summary>
    public bool Echoes { get; private set; } = true;

    /// <summary>The modem answers.</summary>
    public bool Answers { get; private set; } = true;

    /// <summary>Takes a byte.</summary>
    public ModemCommand Input(byte value)
    {
        if (value is not ((byte)'\r' or (byte)'\n'))
        {
            if (_line.Length < Longest)
            {
                _line.Append(char.ToUpperInvariant((char)(value & 0x7F)));
            }

            return ModemCommand.None;
        }

        string line = _line.ToString().Trim();
        _line.Clear();
        if (line.Length == 0)
        {
            return ModemCommand.None;
        }

        if (!line.StartsWith("AT", StringComparison.Ordinal))
        {
            return ModemCommand.Error;
        }

        for (int i = 2; i < line.Length; i++)
        {
            switch (line[i])
            {
                case 'D':
                    return ModemCommand.Dial;
                case 'Z':
                    (Echoes, Answers) = (true, true);
                    break;
                case 'E':
                    Echoes = !(i + 1 < line.Length && line[i + 1] == '0');
                    break;
                case 'Q':
                    Answers = !(i + 1 < line.Length && line[i + 1] == '1');
                    break;
            }
        }

        return ModemCommand.Settings;
    }

    /// <summary>Discards what was typed so far.</summary>
    public void Forget() => _line.Clear();
}
