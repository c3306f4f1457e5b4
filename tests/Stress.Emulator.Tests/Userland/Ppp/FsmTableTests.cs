using Stress.Emulator.Userland.Ppp;
using Xunit;

namespace Stress.Emulator.Tests.Userland.Ppp;

/// <summary>The automaton's table against the text of RFC 1661 section 4.1.</summary>
public class FsmTableTests
{
    // The two halves of the RFC's table as printed; "r" and "p" mark options, "x" a crossed connection.
    private const string Rfc1661 = """
        Up    |    2     irc,scr/6     -         -         -         -
        Down  |    -         -         0       tls/1       0         1
        Open  |  tls/1       1     irc,scr/6     3r        5r        5r
        Close |    0       tlf/0       2         2         4         4
        TO+   |    -         -         -         -       str/4     str/5
        TO-   |    -         -         -         -       tlf/2     tlf/3
        RCR+  |    -         -       sta/2 irc,scr,sca/8   4         5
        RCR-  |    -         -       sta/2 irc,scr,scn/6   4         5
        RCA   |    -         -       sta/2     sta/3       4         5
        RCN   |    -         -       sta/2     sta/3       4         5
        RTR   |    -         -       sta/2     sta/3     sta/4     sta/5
        RTA   |    -         -         2         3       tlf/2     tlf/3
        RUC   |    -         -       scj/2     scj/3     scj/4     scj/5
        RXJ+  |    -         -         2         3         4         5
        RXJ-  |    -         -       tlf/2     tlf/3     tlf/2     tlf/3
        RXR   |    -         -         2         3         4         5
        Up    |    -         -         -           -
        Down  |    1         1         1         tld/1
        Open  |    6         7         8           9r
        Close |irc,str/4 irc,str/4 irc,str/4 tld,irc,str/4
        TO+   |  scr/6     scr/6     scr/8         -
        TO-   | tlf/3p    tlf/3p    tlf/3p         -
        RCR+  |  sca/8   sca,tlu/9   sca/8   tld,scr,sca/8
        RCR-  |  scn/6     scn/7     scn/6   tld,scr,scn/6
        RCA   |  irc/7     scr/6x  irc,tlu/9   tld,scr/6x
        RCN   |irc,scr/6   scr/6x  irc,scr/8   tld,scr/6x
        RTR   |  sta/6     sta/6     sta/6   tld,zrc,sta/5
        RTA   |    6         6         8       tld,scr/6
        RUC   |  scj/6     scj/7     scj/8       scj/9
        RXJ+  |    6         6         8           9
        RXJ-  |  tlf/3     tlf/3     tlf/3   tld,irc,str/5
        RXR   |    6         7         8         ser/9
        """;

    private static readonly string[] Events =
        ["Up", "Down", "Open", "Close", "TO+", "TO-", "RCR+", "RCR-", "RCA", "RCN", "RTR", "RTA", "RUC", "RXJ+", "RXJ-", "RXR"];

    private static readonly Dictionary<string, FsmActions> Names = new()
    {
        ["tlu"] = FsmActions.LayerUp,
        ["tld"] = FsmActions.LayerDown,
        ["tls"] = FsmActions.LayerStarted,
        ["tlf"] = FsmActions.LayerFinished,
        ["irc"] = FsmActions.InitializeCounter,
        ["zrc"] = FsmActions.ZeroCounter,
        ["scr"] = FsmActions.SendRequest,
        ["sca"] = FsmActions.SendAck,
        ["scn"] = FsmActions.SendNak,
        ["str"] = FsmActions.SendTerminateRequest,
        ["sta"] = FsmActions.SendTerminateAck,
        ["scj"] = FsmActions.SendCodeReject,
        ["ser"] = FsmActions.SendEchoReply,
    };

    [Fact]
    public void Every_cell_is_the_one_that_RFC_1661_prints()
    {
        string[] rows = Rfc1661.Split('\n');
        Assert.Equal(32, rows.Length);
        int cells = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            int firstState = i < 16 ? 0 : 6;
            string[] sides = rows[i].Split('|');
            Assert.Equal(Events[i % 16], sides[0].Trim());
            string[] printed = sides[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(i < 16 ? 6 : 4, printed.Length);
            for (int column = 0; column < printed.Length; column++)
            {
                FsmTransition expected = Parse(printed[column]);
                Assert.Equal(expected, FsmTable.At((FsmState)(firstState + column), (FsmEvent)(i % 16)));
                cells++;
            }
        }

        Assert.Equal(160, cells);
    }

    private static FsmTransition Parse(string cell)
    {
        if (cell == "-")
        {
            return default;
        }

        string[] parts = cell.Split('/');
        FsmActions actions = parts.Length == 1
            ? FsmActions.None
            : parts[0].Split(',').Aggregate(FsmActions.None, (sum, name) => sum | Names[name]);
        return new FsmTransition(true, actions, (FsmState)int.Parse(parts[^1].TrimEnd('r', 'p', 'x')));
    }
}
