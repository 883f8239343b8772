# SPDX-License-Identifier: Apache-2.0
"""Builds and runs the program Workloads: instructions and allocations by callgrind, times by its own clock."""

import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ALLOCATORS = {"malloc", "calloc", "realloc", "memalign", "posix_memalign", "aligned_alloc"}

Workload = collections.namedtuple("Workload", "name size unit level threads octets batch")


def fail(text):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {text}")


def build(folder=FOLDER):
    """Builds the program and gives its path."""
    if not shutil.which("valgrind"):
        fail("valgrind is missing: install the Debian package valgrind")
    command = ["swift", "build", "--configuration", "release", "--product", "Workloads", "--package-path", folder]
    built = subprocess.run(command + ["--quiet"], stdout=sys.stderr)
    if built.returncode != 0:
        fail(f"{folder} does not build")
    shown = subprocess.run(command + ["--show-bin-path"], check=True, capture_output=True, text=True)
    return os.path.join(shown.stdout.strip(), "Workloads")


def listed(program, levels):
    """The workloads of some levels."""
    lines = subprocess.run([program, "list"], check=True, capture_output=True, text=True).stdout.splitlines()
    found = []
    for line in lines:
        name, size, unit, level, threads, octets, batch = line.split("\t")
        if level in levels:
            found.append(Workload(name, int(size), unit, level, int(threads), int(octets), int(batch)))
    return found


def counts(program, workload):
    """Instructions and allocations of one operation. Two runs, the difference of which leaves out the preparation."""
    few = max(1, workload.batch // 4)
    many = few + workload.batch
    with tempfile.TemporaryDirectory() as scratch:
        runs = [_run(program, workload, times, os.path.join(scratch, str(times))) for times in (few, many)]
    return tuple((after - before) / workload.batch for before, after in zip(*runs))


def _run(program, workload, times, profile):
    # The seed of hashing changes from run to run otherwise, and with it the counts of dictionaries.
    environment = dict(os.environ, SWIFT_DETERMINISTIC_HASHING="1")
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", program, "count"]
    command += [workload.name, str(workload.size), str(times)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    if run.returncode != 0:
        fail(f"{workload.name}, {workload.size}: {run.stderr}")
    return _read(profile)


def _read(profile):
    """The instructions of a callgrind file, and the calls of allocating functions in it."""
    instructions = calls = 0
    names = {}
    callee = None
    with open(profile, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith(("fn=", "cfn=")):
                number, _, name = line.partition("=")[2].strip().partition(" ")
                if name:
                    names[number] = re.sub(r"'\d+$", "", name)
                if line.startswith("cfn="):
                    callee = names.get(number)
            elif line.startswith("calls=") and callee in ALLOCATORS:
                calls += int(line[6:].split()[0])
            elif line.startswith(("summary:", "totals:")):
                instructions = int(line.split()[1])
    return instructions, calls


def times(program, levels):
    """Nanoseconds of one operation, by name and size."""
    run = subprocess.run([program, "time", *levels], stdout=subprocess.PIPE, text=True)
    if run.returncode != 0:
        fail("the timing failed")
    return {(name, int(size)): float(time) for name, size, time in (l.split("\t") for l in run.stdout.splitlines())}


def number(value):
    """A number for a table: three digits that say something."""
    if value is None:
        return ""
    if value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def duration(nanoseconds):
    """A duration with its unit."""
    if nanoseconds is None:
        return ""
    for unit, scale in (("ns", 1), ("us", 1e3), ("ms", 1e6)):
        if nanoseconds < 10_000 * scale:
            return f"{number(nanoseconds / scale)} {unit}"
    return f"{number(nanoseconds / 1e9)} s"


def table(rows):
    """Lines of equal columns; all but the first two to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) if column < 2 else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())
