# Operation lists, one after another, through the agent; then programs that bring their list along.
# With lists=apart each has a network namespace of its own, as a list of a recording had: interfaces are numbered from the start, lo is down, and an interface
# that comes up makes no address of its own (addr_gen_mode none).
one() { stress-agent --ahead; }
[ "$(P lists)" = apart ] && one() { unshare -n sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode; exec stress-agent --ahead'; }
ip link set lo up
for list in /lists/*.ops; do
    [ -e "$list" ] || continue
    name=${list##*/}
    echo "exec: ${name%.ops}"
    one <"$list"
done
if [ -e /lists/fresh ]; then
    echo "exec: fresh"
    cover=
    [ -e /lists/cover ] && cover=--cover
    stress-agent --ahead --fresh $cover </lists/fresh
fi
for program in /programs/*; do
    [ -e "$program" ] || continue
    echo "exec: ${program##*/}"
    "$program"
done
# What was freed by a timer is freed now; the kernel's own checks have their say.
sleep 20
leaks
echo "exec: end"
