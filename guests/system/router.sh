# One router of a pair, as in the mail: its modem at /dev/ttyM0, an Ethernet, and, where asked, zebra, ospfd and ripngd.
# Words: role=called|calling hup=SECONDS phase=SECONDS holdoff=SECONDS frr=0|1 show=SECONDS leak=SECONDS
ulimit -n 256
ROLE=$(P role) HUP=$(P hup) PHASE=$(P phase) HOLDOFF=$(P holdoff) FRR=$(P frr) SHOW=$(P show) DEBUG=$(P debug) LEAK=$(P leak)
[ "$ROLE" = called ] && N=1 || N=2
hostname "$ROLE"
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
ip link show dummy0 >/dev/null 2>&1 || ip link add dummy0 type dummy
ip addr add 192.168.$N.1/24 dev dummy0
ip link set dummy0 up

if [ "$FRR" = 1 ]; then
    echo "hostname $ROLE" >/run/etc/zebra.conf
    cat >/run/etc/ospfd.conf <<Y
hostname $ROLE
interface ppp0
 ip ospf network point-to-point
router ospf
 ospf router-id 10.9.9.$N
 network 10.0.0.0/24 area 0
 network 192.168.$N.0/24 area 0
 passive-interface dummy0
Y
    cat >/run/etc/ripngd.conf <<Y
hostname $ROLE
router ripng
 network ppp0
 redistribute connected
Y
    for d in zebra ospfd ripngd; do
        LD_PRELOAD=/lib/pollup.so /usr/lib/frr/$d -d -u root -g root -P 0 -z /run/frr/zserv.api --vty_socket /run/frr -f /run/etc/$d.conf -i /run/frr/$d.pid \
            >/run/frr/$d.out 2>&1 || { echo "guest: $d failed"; cat /run/frr/$d.out; }
        [ $d = zebra ] && sleep 1
    done
fi

if [ "$ROLE" = called ]; then
    # What init does with a getty line: the open waits for carrier; then a prompt, a name, a password, and pppd as the login shell.
    (while :; do
        setsid sh -c 'exec <>/dev/ttyM0 >&0 2>&0 && exec getty -h 115200 - vt100'
        sleep 1
    done) &
else
    setsid pppd /dev/ttyM0 115200 modem crtscts nodetach noauth nodefaultroute noipdefault +ipv6 persist maxfail 0 holdoff "$HOLDOFF" \
        lcp-echo-interval 30 lcp-echo-failure 4 logfd 1 $DEBUG \
        connect "chat TIMEOUT 90 ABORT 'NO CARRIER' ABORT BUSY ABORT ERROR '' ATDT5550123 CONNECT '' ogin:--ogin: ppp ssword: modem" &
    PPPD=$!
    # cron: a HUP every so often, from a phase on.
    [ "$HUP" = 0 ] || (sleep "$PHASE"; while :; do sleep "$HUP"; kill -HUP $PPPD; done) &
fi

[ "$SHOW" = 0 ] || stress-agent --account "$SHOW" &
[ -z "$LEAK" ] || (sleep "$LEAK"; leaks) &
while :; do sleep 86400; done
