# One list of the lives of interfaces under pppd, from the standard input, in namespaces that were made for it (unshare -n -m -p -f). A session is two pppds on a pty: "near" opens it, "far" is the
# command at its other end. Each line is answered as "step WORD -> ERROR"; what the list leaves is told in lines "found: ...".
mount -t proc proc /proc
mount -t tmpfs tmpfs /tmp
cd /tmp
ip link set lo up
export GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0
PPPD="/usr/sbin/pppd nodetach noauth local nodefaultroute logfd 1"

# The words of pppd for options NAME.
options() {
    case $1 in
    plain) ;;
    v6) echo +ipv6 ;;
    persist) echo +ipv6 persist holdoff 1 maxfail 0 ;;
    echo) echo +ipv6 lcp-echo-interval 1 lcp-echo-failure 2 ;;
    demand) echo demand persist holdoff 1 idle 3 ;;
    multilink) echo multilink mrru 1500 endpoint local:00.01 ;;
    ifname) echo +ipv6 ifname x0 ;;
    route) echo defaultroute replacedefaultroute ;;
    proxyarp) echo proxyarp ;;
    esac
}

# start SESSION OPTIONS: the number of a session decides its units and addresses. A session that has ended can be started again.
start() {
    runs "$1" && { echo "session runs" >&2; return 1; }
    rm -f "$1.near" "$1.far"
    n=${1#s}
    echo "echo \$\$ >/tmp/$1.far; echo \$\$ >>/tmp/all; exec $PPPD notty unit $((2 * n + 1)) 10.$n.0.2:10.$n.0.1 +ipv6" >"$1.command"
    echo "sh $1.command; echo \$? >>/tmp/status" >"$1.pty"
    words=$(options "$2")
    {
        sh -c "echo \$\$ >/tmp/$1.near; echo \$\$ >>/tmp/all; exec $PPPD pty 'sh /tmp/$1.pty' unit $((2 * n)) 10.$n.0.1:10.$n.0.2 $words"
        echo $? >>status
    } >/dev/null 2>&1 &
    sleep 3
    runs "$1" || { echo "no session" >&2; return 1; }
}

# runs SESSION: one end at least.
runs() { for end in near far; do [ -e "$1.$end" ] && read -r pid <"$1.$end" && kill -0 "$pid" 2>/dev/null && return 0; done; return 1; }

# signal NAME SESSION END
signal() {
    [ -e "$2.$3" ] || { echo "no session" >&2; return 1; }
    kill -"$1" "$(cat "$2.$3")"
}

# cut SESSION: whoever copies between the far end and its terminal is killed, and with it the terminal's other end is closed.
cut() {
    [ -e "$1.far" ] || { echo "no session" >&2; return 1; }
    far=$(cat "$1.far")
    for stat in /proc/[0-9]*/stat; do
        set -- $(sed 's/.*) //' "$stat" 2>/dev/null)
        pid=${stat#/proc/}
        if [ "$2" = "$far" ]; then kill -9 "${pid%/stat}" && return 0; fi
    done
    echo "no copier" >&2
    return 1
}

flap() { for i in $(seq "$2"); do ip link set dev "$1" down && ip link set dev "$1" up || return 1; done; }

line() {
    case $1 in
    start) start "$2" "$3" ;;
    term) signal TERM "$2" "$3" ;;
    kill) signal KILL "$2" "$3" ;;
    hup) signal HUP "$2" "$3" ;;
    usr) signal USR2 "$2" "$3" ;;
    cut) cut "$2" ;;
    up) ip link set dev "$2" up ;;
    down) ip link set dev "$2" down ;;
    flap) flap "$2" "$3" ;;
    destroy) ip link del dev "$2" ;;
    rename) ip link set dev "$2" name "$3" ;;
    dummy) ip link add "$2" type dummy ;;
    mtu) ip link set dev "$2" mtu "$3" ;;
    addr4 | addr6) ip addr add "$3" dev "$2" ;;
    deladdr4) ip addr del "$3" dev "$2" ;;
    flush) ip addr flush dev "$2" ;;
    route4) ip route add "$2" dev "$3" ;;
    delroute4) ip route del "$2" dev "$3" ;;
    send) ping -c 1 -W 1 "$2" >/dev/null ;;
    wait) sleep "$2" ;;
    *) echo "unknown" >&2; return 1 ;;
    esac
}

# Output goes to a file, not through a pipe: a session that is begun outlives its line. What a command says is "ip: WORDS: REASON".
while read -r words; do
    [ -n "$words" ] || continue
    set -- $words
    error=
    if ! line "$@" </dev/null >said 2>&1; then
        read -r error <said
        error=${error##*: }
        [ -n "$error" ] || error=failed
    fi
    echo "step $1 -> $error"
done

# Everybody is told to end, and has a minute: the far end of a session may wait for the near one's answers, and one of a far end is started again while the near one persists.
touch all status
alive() { while read -r pid; do kill -0 "$pid" 2>/dev/null && return 0; done <all; return 1; }
for i in $(seq 60); do
    alive || break
    while read -r pid; do kill -TERM "$pid" 2>/dev/null; done <all
    sleep 1
done
alive && echo "found: pppd does not end at SIGTERM"
while read -r pid; do kill -KILL "$pid" 2>/dev/null; done <all
sleep 2

# 129, 137, 140 and 143 are SIGHUP, SIGKILL, SIGUSR2 and SIGTERM, which the list has sent: a pppd that has just been started has no handler yet.
for status in $(sort -u status); do
    case $status in 129 | 137 | 140 | 143) continue ;; esac
    [ "$status" -gt 128 ] && echo "found: pppd died of signal $((status - 128))"
done
for name in $(ip -o link | sed 's/^[0-9]*: \([^:@]*\).*/\1/'); do
    [ "$name" = lo ] || ip -o link show dev "$name" 2>/dev/null | grep -q 'link/ether' && ip link del dev "$name" 2>/dev/null
done
ip -o link | grep -q 'link/ppp' && echo "found: an interface stays when its pppd has ended"
