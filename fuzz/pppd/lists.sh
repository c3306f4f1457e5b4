# A guest's job: lists, one after another, each in namespaces of its own.
for list in /lists/*; do
    [ -e "$list" ] || continue
    echo "=== ${list##*/}"
    unshare -n -m -p -f sh /jobs/pppdlist <"$list"
    # The namespace is destroyed by a worker.
    sleep 1
done
echo "=== end"
sleep 20
leaks
echo "exec: end"
