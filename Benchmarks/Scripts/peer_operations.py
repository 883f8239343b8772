# SPDX-License-Identifier: Apache-2.0
"""Times of the peers' operations in nanoseconds, as JSON. Runs in the virtual environment that `peers` makes."""

import asyncio
import json
import random
import time

import checkdmarc.mta_sts
from postfix_mta_sts_resolver.base_cache import CacheEntry
from postfix_mta_sts_resolver.internal_cache import InternalLRUCache
from postfix_mta_sts_resolver.utils import parse_mta_sts_policy, parse_mta_sts_record

RECORD = "v=STSv1; id=20160831085700Z;"
HOST = "mx-17.customers.mail-relay.example.net"
PATTERNS = ["mx1.mail.example.com", "mx2.mail.example.com", "*.backup.example.net", "mail.example.org",
            "*.customers.mail-relay.example.net"]


def policy(patterns):
    lines = ["version: STSv1", "mode: enforce"]
    lines += [f"mx: mx{10_000 + number}.mail.example.org" for number in range(patterns)]
    # checkdmarc's grammar asks for CR LF.
    return "\r\n".join(lines + ["max_age: 604800", ""])


def least(operation):
    """The least of several rounds of about 20 ms."""
    start = time.perf_counter_ns()
    operation()
    count = max(1, int(20_000_000 / max(1, time.perf_counter_ns() - start)))
    rounds = []
    for _ in range(11):
        start = time.perf_counter_ns()
        for _ in range(count):
            operation()
        rounds.append((time.perf_counter_ns() - start) / count)
    return min(rounds)


async def look_ups(size):
    cache = InternalLRUCache(size)
    names = [f"d{number}.example.com" for number in range(size)]
    entry = CacheEntry(time.time(), "20160831085700Z", parse_mta_sts_policy(policy(4)))
    for name in names:
        await cache.set(name, entry)
    random.seed(1)
    asked = random.choices(names, k=20_000)
    rounds = []
    for _ in range(11):
        start = time.perf_counter_ns()
        for name in asked:
            await cache.get(name)
        rounds.append((time.perf_counter_ns() - start) / len(asked))
    return min(rounds)


texts = {size: policy(size) for size in (4, 2_000)}
resolver = {"record, 28": least(lambda: parse_mta_sts_record(RECORD))}
checker = {
    "record, 28": least(lambda: checkdmarc.mta_sts.parse_mta_sts_record(RECORD)),
    "match, 5": least(lambda: checkdmarc.mta_sts.mx_in_mta_sts_patterns(HOST, PATTERNS)),
}
assert checkdmarc.mta_sts.mx_in_mta_sts_patterns(HOST, PATTERNS)
for size, text in texts.items():
    assert len(parse_mta_sts_policy(text)["mx"]) == size
    assert len(checkdmarc.mta_sts.parse_mta_sts_policy(text)["policy"]["mx"]) == size
    resolver[f"policy, {size}"] = least(lambda: parse_mta_sts_policy(text))
    checker[f"policy, {size}"] = least(lambda: checkdmarc.mta_sts.parse_mta_sts_policy(text))
resolver["peek, uniform, 1 thread, 1000"] = asyncio.run(look_ups(1_000))
print(json.dumps({"postfix-mta-sts-resolver": resolver, "checkdmarc": checker}))
