# SPDX-License-Identifier: Apache-2.0
"""Prints what parsedmarc reads in files with TLS reports, as one JSON object.

    read.py FILE...

A file is a report as JSON, gzip or zip, or a mail message; a folder stands for its files, in the order of their names.

    {"reports": N, "domains": {DOMAIN: {"successful": N, "failed": N, "details": {RESULT-TYPE: N}}}, "errors": {FILE: TEXT}}

With "errors" the exit status is 1.
"""

import json
import pathlib
import sys

import parsedmarc


def files(arguments):
    for argument in map(pathlib.Path, arguments):
        yield from sorted(argument.iterdir()) if argument.is_dir() else [argument]


def add(report, domains):
    for policy in report["policies"]:
        domain = domains.setdefault(policy["policy_domain"], {"successful": 0, "failed": 0, "details": {}})
        domain["successful"] += policy["successful_session_count"]
        domain["failed"] += policy["failed_session_count"]
        for detail in policy.get("failure_details", []):
            kind = detail["result_type"]
            domain["details"][kind] = domain["details"].get(kind, 0) + detail["failed_session_count"]


def main():
    answer = {"reports": 0, "domains": {}, "errors": {}}
    for path in files(sys.argv[1:]):
        try:
            parsed = parsedmarc.parse_report_file(path, offline=True)
            if parsed["report_type"] != "smtp_tls":
                raise ValueError(f"a report of another kind: {parsed['report_type']}")
            add(parsed["report"], answer["domains"])
            answer["reports"] += 1
        except Exception as error:  # Whatever it is, the file is named.
            answer["errors"][str(path)] = f"{type(error).__name__}: {error}"
    json.dump(answer, sys.stdout, sort_keys=True)
    print()
    sys.exit(1 if answer["errors"] else 0)


main()
