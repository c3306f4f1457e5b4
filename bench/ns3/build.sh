#!/usr/bin/env bash
# Builds bench/ns3/obj/pairs against Debian's libns3-dev. Prints nothing when all is well; exit 2 names what is missing.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
command -v g++ >/dev/null || { echo "needs g++ (Debian package g++)" >&2; exit 2; }
[ -f /usr/include/ns3/core-module.h ] || { echo "needs ns-3 (Debian package libns3-dev)" >&2; exit 2; }
mkdir -p obj
if [ obj/pairs -nt pairs.cc ]; then exit 0; fi
# Debian's ns3-*.pc files name an include folder that is none, so the libraries are named here.
g++ -std=c++17 -O2 -DNDEBUG pairs.cc -o obj/pairs -lns3-point-to-point -lns3-internet -lns3-network -lns3-core
