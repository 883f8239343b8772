# SPDX-License-Identifier: Apache-2.0
"""The modules that a version of the package offers, for the scripts that go through them."""

import os
import re


def modules(package):
    """The libraries in a package's manifest, and the module whose names they re-export."""
    with open(os.path.join(package, "Package.swift"), encoding="utf-8") as file:
        return re.findall(r'\.library\(name: "(\w+)"', file.read()) + ["STSCore"]
