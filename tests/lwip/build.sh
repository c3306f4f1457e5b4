#!/usr/bin/env bash
# Builds the lwIP peer:  build.sh LWIP_SOURCE OUTPUT
# LWIP_SOURCE is the folder with lwIP's src/ (Debian source package lwip; fetch.sh gets it).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lwip=$1/src output=$2
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
cd "$objects"
gcc -O1 -w -c -I"$here" -I"$lwip/include" "$here/peer.c" \
    "$lwip"/core/{init,def,mem,memp,netif,pbuf,raw,stats,sys,timeouts,udp,ip,inet_chksum}.c \
    "$lwip"/core/ipv4/{icmp,igmp,ip4,ip4_addr,ip4_frag}.c \
    "$lwip"/core/ipv6/{icmp6,ip6,ip6_addr,ip6_frag,mld6,nd6}.c \
    "$lwip"/netif/ppp/{auth,chap-md5,chap-new,eui64,fsm,ipcp,ipv6cp,lcp,magic,ppp,pppcrypt,pppos,upap,utils,vj}.c \
    "$lwip"/netif/ppp/polarssl/{md5,arc4,des,md4,sha1}.c
# Two builds at once must not see half a file.
gcc -o "$output.$$" ./*.o
mv "$output.$$" "$output"
