#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Waits until a DNS server answers TXT records for a name: ADDRESS PORT NAME. Gives up after 20 seconds."""

import socket
import struct
import sys
import time


def main():
    address, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0\0\x10\0\1"
    query = struct.pack("!HHHHHH", 1, 0x0100, 1, 0, 0, 0) + question
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.5)
            try:
                client.connect((address, port))
                client.send(query)
                answer = client.recv(65535)
                if answer[3] & 0x0F == 0 and answer[6:8] != b"\0\0":
                    return
            except OSError:
                pass
        time.sleep(0.1)
    sys.exit(f"no answer for {name} from {address} port {port}")


main()
