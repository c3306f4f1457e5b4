# pppd alone, in real time, as the peer of an endpoint outside: called, it waits for calls; calling, it calls whenever its modem has carrier to give, and hangs up.
# Words: role=called|calling up=SECONDS
ROLE=$(P role) UP=$(P up)
ip link set lo up
while :; do
    if [ "$ROLE" = called ]; then
        pppd /dev/ttyM0 115200 modem crtscts nodetach noauth nodefaultroute silent +ipv6 logfd 1 10.1.0.1:10.1.0.2
    else
        pppd /dev/ttyM0 115200 modem crtscts nodetach noauth nodefaultroute +ipv6 logfd 1 maxconnect "$UP" 10.1.0.2:10.1.0.1
    fi
done
