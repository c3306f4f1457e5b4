set -u
fail() { echo "reproducer: $*" >&2; exit 2; }
command -v ip >/dev/null || fail "needs ip (iproute2)"
command -v perl >/dev/null || fail "needs perl (perl-base is enough)"

# What a shell cannot hold open, one process of perl holds: sockets, and the users' ends of tun interfaces. A line is asked, and a line answers.
pipes=$(mktemp -d) && mkfifo "$pipes/ask" "$pipes/answer" || fail "no fifo can be made"
perl -e '
use strict; use Socket qw(:all); use Fcntl; $| = 1;
my (%s, %t);
my ($set, $keep) = (0x400454ca, 0x400454cb);    # TUNSETIFF, TUNSETPERSIST
sub tun { my $n = shift; sysopen(my $f, "/dev/net/tun", O_RDWR | O_NONBLOCK) or return; ioctl($f, $set, pack("a16 S x22", $n, 0x1001)) or return; $f }
sub four { inet_aton($_[0] eq "any" ? "0.0.0.0" : $_[0]) }
sub six { inet_pton(AF_INET6, $_[0]) }
sub hold { my ($n, @how) = @_; delete $s{$n}; socket(my $f, $how[0], $how[1], $how[2]) or return; $s{$n} = $f; 1 }
sub on { my $f = $s{$_[0]}; $! = 9 unless $f; $f }
sub group { my ($n, $o, $i, $g) = @_; my $f = on($n) or return; setsockopt($f, IPPROTO_IP, $o, pack("L x4 S n a4 x120", $i, AF_INET, 0, four($g))) }
sub source4 { my ($o, $n, $g, $from, $local) = @_; my $f = on($n) or return; setsockopt($f, IPPROTO_IP, $o, four($g) . four($local) . four($from)) }
sub source6 { my ($o, $n, $g, $from, $i) = @_; my $f = on($n) or return;
    setsockopt($f, IPPROTO_IPV6, $o, pack("L x4", $i) . join "", map { pack("S n L a16 L x100", AF_INET6, 0, 0, six($_), 0) } $g, $from) }
my %do = (
    open => sub { my $f = tun($_[0]) or return; $t{$_[0]} = $f; 1 },
    ifclose => sub { delete $t{$_[0]}; 1 },
    destroy => sub { my $f = delete $t{$_[0]} || tun($_[0]) or return; my $r = ioctl($f, $keep, 0); close $f; $r },
    raw4 => sub { hold($_[0], AF_INET, SOCK_RAW, $_[1]) },
    raw6 => sub { hold($_[0], AF_INET6, SOCK_RAW, $_[1]) },
    udp6 => sub { hold($_[0], AF_INET6, SOCK_DGRAM, 0) or return; setsockopt($s{$_[0]}, SOL_SOCKET, SO_REUSEADDR, 1); bind($s{$_[0]}, pack_sockaddr_in6($_[1], six("::"))) },
    tcp4 => sub { hold($_[0], AF_INET, SOCK_STREAM, 0) or return; setsockopt($s{$_[0]}, SOL_SOCKET, SO_REUSEADDR, 1);
        bind($s{$_[0]}, pack_sockaddr_in($_[1], INADDR_ANY)) && listen($s{$_[0]}, 4) },
    accept4 => sub { my $f = on($_[0]) or return; my ($port) = unpack_sockaddr_in(getsockname($f)); socket(my $c, AF_INET, SOCK_STREAM, 0) or return;
        connect($c, pack_sockaddr_in($port, INADDR_LOOPBACK)) or return; accept(my $a, $f) or return; close $c; $s{$_[1]} = $a; 1 },
    close => sub { my $f = delete $s{$_[0]}; $! = 9 unless $f; $f && close $f },
    join4 => sub { my $f = on($_[0]) or return; setsockopt($f, IPPROTO_IP, IP_ADD_MEMBERSHIP, four($_[1]) . four($_[2])) },
    drop4 => sub { my $f = on($_[0]) or return; setsockopt($f, IPPROTO_IP, IP_DROP_MEMBERSHIP, four($_[1]) . four($_[2])) },
    gjoin4 => sub { group($_[0], 42, $_[2], $_[1]) },
    gdrop4 => sub { group($_[0], 45, $_[2], $_[1]) },
    sjoin4 => sub { source4(39, @_) },
    sdrop4 => sub { source4(40, @_) },
    sjoin6 => sub { source6(46, @_) },
    sdrop6 => sub { source6(47, @_) },
    join6 => sub { my $f = on($_[0]) or return; setsockopt($f, IPPROTO_IPV6, IPV6_JOIN_GROUP, six($_[1]) . pack("I", $_[2])) },
    drop6 => sub { my $f = on($_[0]) or return; setsockopt($f, IPPROTO_IPV6, IPV6_LEAVE_GROUP, six($_[1]) . pack("I", $_[2])) },
    mcif4 => sub { my $f = on($_[0]) or return; setsockopt($f, IPPROTO_IP, IP_MULTICAST_IF, four($_[1])) },
    mcif6 => sub { my $f = on($_[0]) or return; setsockopt($f, IPPROTO_IPV6, IPV6_MULTICAST_IF, pack("I", $_[1])) },
    getmcif4 => sub { my $f = on($_[0]) or return; my $v = getsockopt($f, IPPROTO_IP, IP_MULTICAST_IF) // return; inet_ntoa($v) },
    getmcif6 => sub { my $f = on($_[0]) or return; my $v = getsockopt($f, IPPROTO_IPV6, IPV6_MULTICAST_IF) // return; "index " . unpack("I", $v) },
    send4 => sub { my $f = on($_[0]) or return; send($f, "hello", 0, pack_sockaddr_in(0, four($_[1]))) },
    send6 => sub { my $f = on($_[0]) or return; send($f, "hello", 0, pack_sockaddr_in6(521, six($_[1]))) },
    drain => sub { my $n = 0; while ($t{$_[0]} && sysread($t{$_[0]}, my $b, 4096)) { $n++ } "frames $n" },
    deliver => sub { my $f = $t{$_[0]}; $! = 9 unless $f; $f && syswrite($f, pack("H*", $_[1])) },
    sleep => sub { select(undef, undef, undef, $_[0] / 1000); 1 },
    clear => sub { %s = (); for (keys %t) { delete $t{$_} } 1 },
);
while (my $line = <STDIN>) { my ($o, @w) = split " ", $line; $! = 0; print "-1 not modelled(0)\n" and next unless $do{$o}; my $r = $do{$o}->(@w); print defined $r && $r ? ($r =~ /[a-z.]/ && $r ne "0 but true" ? "0 [$r]\n" : "0\n") : "-1 $!\n" }
' <"$pipes/ask" >"$pipes/answer" &
exec 3>"$pipes/ask" 4<"$pipes/answer"
rm -r "$pipes"

step=0 made=' '
ask() { echo "$*" >&3; read -r answer <&4 || fail "perl has ended"; }
# A command of iproute2.
net() { if said=$("$@" 2>&1); then answer=0; else answer="-1 $said"; fi; }
# tun0 is looked up now, @tun0 is the last index that was asked for, #3 is that number.
index_of() {
    case $1 in
        '#'*) index=${1#?} ;;
        @*) eval "index=\${last_${1#@}:-0}" ;;
        *) index=$(ip -o link show dev "$1" 2>/dev/null) index=${index%%:*} index=${index:-0} ;;
    esac
}
clean_up() {
    ask clear
    for name in $made; do ip tuntap del dev "$name" mode tun 2>/dev/null || ip link del dev "$name" 2>/dev/null; done
    step=0 made=' '
}
op() {
    step=$((step + 1)) answer=0
    case $1 in
        create) net ip tuntap add dev "$2" mode tun; made="$made$2 " ;;
        up | down) net ip link set dev "$2" "$1" ;;
        addr4) net ip addr add "$3" peer "$4/32" dev "$2"; eval "peer_$(echo "$3" | tr . _)=$4" ;;
        deladdr4) eval "peer=\${peer_$(echo "$3" | tr . _):-$3}"; net ip addr del "$3" peer "$peer/32" dev "$2" ;;
        addr6) eval "prefix_$(echo "$3" | tr : _)=$4"; if [ $# -gt 4 ]; then net ip -6 addr add "$3" peer "$5/$4" dev "$2" nodad; else net ip -6 addr add "$3/$4" dev "$2" nodad; fi ;;
        deladdr6) eval "prefix=\${prefix_$(echo "$3" | tr : _):-128}"; net ip -6 addr del "$3/$prefix" dev "$2" ;;
        route4) if [ $# -gt 4 ]; then answer='-1 not modelled(0)'; else net ip route add "$3/$4" dev "$2"; fi ;;
        route6) net ip -6 route add "$3/$4" dev "$2" ;;
        over) net ip link add "$2" type ipip local "$4" remote "$5" dev "$3"; made="$made$2 " ;;
        index) index_of "$2"; eval "last_$2=$index"; if [ "$index" = 0 ]; then answer='-1 no such interface'; else answer="0 [$index]"; fi ;;
        gjoin4 | gdrop4 | join6 | drop6) index_of "$4"; ask "$1" "$2" "$3" "$index" ;;
        sjoin6 | sdrop6) index_of "$5"; ask "$1" "$2" "$3" "$4" "$index" ;;
        mcif6) index_of "$3"; ask "$1" "$2" "$index" ;;
        destroy) case $2 in gif*) net ip link del dev "$2" ;; *) ask "$@" ;; esac ;;
        state) cat /proc/net/igmp /proc/net/igmp6 ;;
        tick) ask sleep "$2" ;;
        enqueue) ask deliver "$2" "$3" ;;
        softint) ;;
        *) ask "$@" ;;
    esac
    printf '%2d  %-44s -> %s\n' "$step" "$*" "$answer"
}

ip link set dev lo up
