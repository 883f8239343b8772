#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the zone files of the DNS world.

    make_zones.py DIRECTORY TABLE...

The tables are described in zones.txt. They become the zone "example", with the records of reports.zone and
mail.zone; the zone "signed.example", for the server to sign, and the zone of DNSTransportSuite stand beside it.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
TIME_TO_LIVE = 300
ABSENCE_TIME_TO_LIVE = 45


def zone_head(origin):
    return [
        f"$ORIGIN {origin}.",
        f"$TTL {TIME_TO_LIVE}",
        f"@ SOA ns hostmaster 1 3600 600 604800 {ABSENCE_TIME_TO_LIVE}",
        "@ NS ns",
        "ns A 127.0.0.1",
    ]


def targets(column):
    """The column as an alias's target, or nothing."""
    return column[2:].strip() + "." if column.startswith("=>") else None


def domain_records(domain, txt, hosts, mx):
    alias = targets(txt)
    if alias:
        yield f"_mta-sts.{domain}. CNAME {alias}"
    elif txt != "-":
        for text in txt.split(" // "):
            yield f"_mta-sts.{domain}. TXT {text.strip()}"
    alias = targets(hosts)
    if alias:
        yield f"mta-sts.{domain}. CNAME {alias}"
    elif hosts != "-":
        for address in hosts.split():
            yield f"mta-sts.{domain}. {'AAAA' if ':' in address else 'A'} {address}"
    if mx != "-":
        for exchange in mx.split(","):
            preference, name = exchange.split()
            yield f"{domain}. MX {preference} {name.rstrip('.')}."


def table_records(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = [column.strip() for column in re.split(r"\s\|\s", line)]
        if len(columns) != 4:
            sys.exit(f"{path}:{number}: four columns expected")
        repeated = re.fullmatch(r"(\d+) x (\S+)", columns[0])
        if repeated:
            columns[0] = repeated[2]
            for index in range(int(repeated[1])):
                yield from domain_records(*(column.replace("{}", str(index)) for column in columns))
        else:
            yield from domain_records(*columns)


def long_records(domain, count):
    """A TXT RRset of `count` records of 200 octets beside the STS record."""
    yield f'_mta-sts.{domain}. TXT "v=STSv1; id=20260107;"'
    for index in range(count):
        yield f'_mta-sts.{domain}. TXT "{index:03} {"x" * 196}"'


def main():
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    example = zone_head("example")
    for table in sys.argv[2:]:
        example += table_records(pathlib.Path(table))
    example += long_records("over-512.example", 3)
    example += long_records("over-4096.example", 24)
    example += ((HERE / name).read_text() for name in ("reports.zone", "mail.zone"))
    (directory / "example.zone").write_text("\n".join(example))
    signed = zone_head("signed.example")
    signed += domain_records("signed.example", '"v=STSv1; id=20260108;"', "127.0.0.1", "10 mx.signed.example")
    (directory / "signed.example.zone").write_text("\n".join(signed) + "\n")
    (directory / "dns-suite.example.zone").write_text((HERE / "dns-suite.zone").read_text())


main()
