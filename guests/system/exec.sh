# Operation lists, one after another, through the agent; then programs that bring their list along.
ip link set lo up
for list in /lists/*.ops; do
    [ -e "$list" ] || continue
    name=${list##*/}
    echo "exec: ${name%.ops}"
    stress-agent <"$list"
done
for program in /programs/*; do
    [ -e "$program" ] || continue
    echo "exec: ${program##*/}"
    "$program"
done
# What was freed by a timer is freed now; the kernel's own checks have their say.
sleep 20
leaks
echo "exec: end"
