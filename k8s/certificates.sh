#!/usr/bin/env bash
# Makes an authority of the cluster's own and certificates for silos (folder silo) and for runs (folder run): k8s/certificates.sh FOLDER [DAYS]
# Called again it makes other certificates by the same authority. FOLDER/authority.key signs whatever is let into the cluster: keep it elsewhere.
set -euo pipefail
[ $# -ge 1 ] || { echo "certificates.sh: accepted is FOLDER [DAYS]" >&2; exit 2; }
folder=$1 days=${2:-365}
umask 077
mkdir -p "$folder"
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
if [ ! -e "$folder/authority.key" ]; then
    openssl req -x509 "${key[@]}" -keyout "$folder/authority.key" -out "$folder/authority.crt" -subj "/CN=stress authority" -days 3650 2> /dev/null
fi
for who in silo:serverAuth,clientAuth run:clientAuth; do
    to=$folder/${who%%:*}
    mkdir -p "$to"
    openssl req "${key[@]}" -keyout "$to/tls.key" -out "$to/request" -subj "/CN=stress ${who%%:*}" 2> /dev/null
    printf 'extendedKeyUsage=%s\n' "${who#*:}" > "$to/usage"
    openssl x509 -req -in "$to/request" -CA "$folder/authority.crt" -CAkey "$folder/authority.key" -CAcreateserial -extfile "$to/usage" -days "$days" -out "$to/tls.crt" 2> /dev/null
    cp "$folder/authority.crt" "$to/ca.crt"
    rm "$to/request" "$to/usage"
done
