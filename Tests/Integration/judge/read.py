# SPDX-License-Identifier: Apache-2.0
"""Prints what parsedmarc reads in files with TLS reports, as one JSON object.

    read.py FILE...

A file is a report as JSON, gzip or zip, or a mail message; a folder stands for its files, in the order of their names.
There is a report for each file that was taken, an error for each other; with errors the exit status is 1.

    {"reports": [{"file": NAME, "id": TEXT, "start": TIME, "end": TIME,
                  "domains": {POLICY-DOMAIN: {"successful": N, "failed": N, "details": {RESULT-TYPE: N}}}}],
     "errors": {FILE: TEXT}}
"""

import json
import pathlib
import sys

import parsedmarc


def files(arguments):
    for argument in map(pathlib.Path, arguments):
        yield from sorted(argument.iterdir()) if argument.is_dir() else [argument]


def totals(policies):
    domains = {}
    for policy in policies:
        domain = domains.setdefault(policy["policy_domain"], {"successful": 0, "failed": 0, "details": {}})
        domain["successful"] += policy["successful_session_count"]
        domain["failed"] += policy["failed_session_count"]
        for detail in policy.get("failure_details", []):
            kind = detail["result_type"]
            domain["details"][kind] = domain["details"].get(kind, 0) + detail["failed_session_count"]
    return domains


def main():
    reports, errors = [], {}
    for path in files(sys.argv[1:]):
        try:
            parsed = parsedmarc.parse_report_file(path, offline=True)
            if parsed["report_type"] != "smtp_tls":
                raise ValueError(f"a report of another kind: {parsed['report_type']}")
            report = parsed["report"]
            reports.append(
                {
                    "file": path.name,
                    "id": report["report_id"],
                    "start": report["begin_date"],
                    "end": report["end_date"],
                    "domains": totals(report["policies"]),
                }
            )
        except Exception as error:  # Whatever it is, the file is named.
            errors[str(path)] = f"{type(error).__name__}: {error}"
    json.dump({"reports": reports, "errors": errors}, sys.stdout)
    print()
    sys.exit(1 if errors else 0)


main()
