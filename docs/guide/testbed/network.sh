#!/bin/sh
# The network of the guide: five small machines (network namespaces) on this one, two laptops behind
# a translator, a gateway that runs headend, and a host in the office behind it.
#
#   laptop1 10.10.10.2 --+
#                        lan --- 10.10.10.1 pat 198.51.100.2 --- 198.51.100.1 gateway 192.168.2.1 --- 192.168.2.10 office
#   laptop2 10.10.10.3 --+
#
# usage: network.sh up       the translator is the Linux kernel, which masquerades
#        network.sh up pix   the translator has no addresses yet: headend will be a PIX there
#        network.sh down
set -eu

machines='laptop1 laptop2 lan pat gateway office'

# cable MACHINE INTERFACE MACHINE INTERFACE
cable() {
  ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
  ip -n "$1" link set "$2" up
  ip -n "$3" link set "$4" up
}

up() {
  for machine in $machines; do
    ip netns add "$machine"
    ip -n "$machine" link set lo up
    ip netns exec "$machine" sh -c 'echo 0 > /proc/sys/net/ipv4/ip_forward'
  done
  cable laptop1 eth0 lan laptop1
  cable laptop2 eth0 lan laptop2
  cable pat inside lan pat
  cable pat outside gateway outside
  cable gateway inside office eth0

  ip -n lan link add bridge type bridge
  ip -n lan link set bridge up
  for port in laptop1 laptop2 pat; do ip -n lan link set "$port" master bridge; done

  ip -n laptop1 address add 10.10.10.2/24 dev eth0
  ip -n laptop2 address add 10.10.10.3/24 dev eth0
  ip -n laptop1 route add default via 10.10.10.1
  ip -n laptop2 route add default via 10.10.10.1

  ip -n gateway address add 198.51.100.1/24 dev outside
  ip -n gateway address add 192.168.2.1/24 dev inside
  ip netns exec gateway sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'

  ip -n office address add 192.168.2.10/24 dev eth0
  ip -n office route add default via 192.168.2.1
}

masquerade() {
  ip -n pat address add 10.10.10.1/24 dev inside
  ip -n pat address add 198.51.100.2/24 dev outside
  ip netns exec pat sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
  ip netns exec pat nft -f - <<'RULES'
table ip pat {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "outside" masquerade
  }
}
RULES
}

down() {
  for machine in $machines; do
    ip netns delete "$machine" 2>/dev/null || true
  done
}

case "${1:-} ${2:-}" in
'up ') up && masquerade ;;
'up pix') up ;;
'down ') down ;;
*)
  echo "usage: $0 up [pix] | down" >&2
  exit 2
  ;;
esac
