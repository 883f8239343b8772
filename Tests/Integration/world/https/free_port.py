#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""free_port.py START: prints the first port from START on that nobody listens on."""

import socket
import sys

for port in range(int(sys.argv[1]), 65536):
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            continue
    print(port)
    break
