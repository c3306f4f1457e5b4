# Operation lists, one after another, through the agent; then programs that bring their list along.
# With lists=apart each has a network namespace of its own, as a list of a recording had: interfaces are numbered from the start, and lo is down.
AGENT=stress-agent
[ "$(P lists)" = apart ] && AGENT="unshare -n stress-agent"
ip link set lo up
for list in /lists/*.ops; do
    [ -e "$list" ] || continue
    name=${list##*/}
    echo "exec: ${name%.ops}"
    $AGENT <"$list"
done
if [ -e /lists/fresh ]; then
    echo "exec: fresh"
    stress-agent --fresh </lists/fresh
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
