#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints COUNT ports that are free for UDP and TCP on 127.0.0.1 and ::1, then "yes" or "no": is there a ::1?"""

import socket
import sys


def bound(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sockets = []
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        sockets.append(socket.socket(family, kind))
        sockets[-1].bind((address, port))
        port = sockets[-1].getsockname()[1]
    return sockets


def has_ipv6():
    try:
        return bool(bound("::1", 0))
    except OSError:
        return False


def main():
    addresses = ["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"]
    held, ports = [], []
    while len(ports) < int(sys.argv[1]):
        try:
            first = bound(addresses[0], 0)
            port = first[0].getsockname()[1]
            held += first
            for address in addresses[1:]:
                held += bound(address, port)
            ports.append(port)
        except OSError:
            continue
    print(*ports, "yes" if len(addresses) > 1 else "no")


main()
