# pppd alone, in real time, as the peer of an endpoint outside: called, it waits for calls; calling, it calls whenever its modem has carrier to give, and hangs up.
# Words: role=called|calling up=SECONDS restart=SECONDS
ROLE=$(P role) UP=$(P up) RESTART=$(P restart)
ip link set lo up

# A caller may be there between pppd's opening of the terminal and its raw mode: the terminal must not echo then. Terminals keep their settings when they are closed.
# This is the terminal's first opening; those after it are pppd's.
stty -F /dev/ttyM0 raw -echo
TIMERS="lcp-restart $RESTART ipcp-restart $RESTART ipv6cp-restart $RESTART"
while :; do
    if [ "$ROLE" = called ]; then
        pppd /dev/ttyM0 115200 modem crtscts nodetach noauth nodefaultroute silent +ipv6 $TIMERS logfd 1 10.1.0.1:10.1.0.2
    else
        pppd /dev/ttyM0 115200 modem crtscts nodetach noauth nodefaultroute +ipv6 $TIMERS logfd 1 maxconnect "$UP" 10.1.0.2:10.1.0.1
    fi
done
