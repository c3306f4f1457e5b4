#!/usr/bin/env bash
# Gets lwIP's source from Debian's archive into tests/lwip/source, without touching the system's apt configuration.
# Needs apt, dpkg-dev's formats only (plain tar), and Debian's archive key.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
# The machine's own sources, asked for source packages.
mkdir -p "$work/parts"
touch "$work/sources.list"
if [ -e /etc/apt/sources.list ]; then sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$work/sources.list"; fi
for f in /etc/apt/sources.list.d/*.list; do if [ -e "$f" ]; then sed -n 's/^deb /deb-src /p' "$f" >>"$work/sources.list"; fi; done
for f in /etc/apt/sources.list.d/*.sources; do if [ -e "$f" ]; then sed 's/^Types:.*/Types: deb-src/' "$f" >"$work/parts/$(basename "$f")"; fi; done
apt=(apt-get -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts="$work/parts" -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache")
"${apt[@]}" -q update
(cd "$work" && "${apt[@]}" -q source --download-only lwip)
rm -rf "$here/source"
mkdir -p "$here/source"
tar xf "$work"/lwip_*.orig.tar.* -C "$here/source" --strip-components=1
