#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A DNS server that misbehaves as the name asked for says, and counts its queries.

    holding_dns.py --port PORT --directory DIRECTORY [--address ADDRESS]...

It listens on UDP and TCP. Each query appends the line "TYPE udp" or "TYPE tcp" to DIRECTORY/queries/NAME, so the
number of lines is the number of queries. The label before "example", the mode, chooses the answer:

    *.hold.example       TXT "v=STSv1; id=1;", but only once the file DIRECTORY/release/NAME exists
    *.holdfail.example   SERVFAIL, but only once the file DIRECTORY/release/NAME exists
    *.servfail.example   SERVFAIL
    *.refused.example    REFUSED
    *.silent.example     nothing
    *.answer.example     TXT "v=STSv1; id=1;" at once
    *.truncate.example   truncation over UDP; over TCP the connection stays open without an answer
    *.closes.example     truncation over UDP; over TCP the connection is closed without an answer
    *.junk.example       octets that are no message
    *.wrongid.example    first an answer with another ID, then the right one
    *.outage.example     TXT "v=STSv1; id=1;", but SERVFAIL while there is a file DIRECTORY/down
    *.lost.example       nothing for the first query of a name, then TXT "v=STSv1; id=1;"
    nN.alias.example     CNAME n(N-1).alias.example alone, without what it leads to; n0: TXT
    loop.alias.example   CNAME loop.alias.example alone

A file DIRECTORY/txt/NAME, if there is one, holds the text of the TXT record instead of the one above.
"""

import argparse
import asyncio
import pathlib
import socket
import struct

TXT, CNAME = 16, 5
TYPES = {1: "A", 5: "CNAME", 15: "MX", 16: "TXT", 28: "AAAA"}
POLL_SECONDS = 0.02


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(kind, data, ttl=60):
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


class Query:
    """A query's ID, question, name in lower case, and type."""

    def __init__(self, message):
        self.id = message[:2]
        labels, position = [], 12
        while message[position]:
            length = message[position]
            labels.append(message[position + 1:position + 1 + length].decode("ascii").lower())
            position += 1 + length
        self.question = message[12:position + 5]
        self.name = ".".join(labels)
        self.type = struct.unpack("!H", message[position + 1:position + 3])[0]

    def answer(self, records=(), code=0, flags=0x8580):
        header = self.id + struct.pack("!HHHHH", flags | code, 1, len(records), 0, 0)
        return header + self.question + b"".join(records)


class Server:
    def __init__(self, directory):
        self.directory = directory
        for folder in ("queries", "release", "txt"):
            (directory / folder).mkdir(parents=True, exist_ok=True)

    def count(self, query, transport):
        path = self.directory / "queries" / query.name
        with path.open("a") as file:
            file.write(f"{TYPES.get(query.type, query.type)} {transport}\n")
        with path.open() as file:
            return len(file.readlines())

    async def released(self, query):
        while not (self.directory / "release" / query.name).exists():
            await asyncio.sleep(POLL_SECONDS)

    def txt(self, query):
        if query.type != TXT:
            return query.answer()
        path = self.directory / "txt" / query.name
        text = path.read_bytes().rstrip(b"\n") if path.exists() else b"v=STSv1; id=1;"
        return query.answer([record(TXT, bytes([len(text)]) + text)])

    def alias(self, query):
        host = query.name.split(".")[-3]  # labels before it, such as _mta-sts, do not count
        if host == "n0":
            return self.txt(query)
        target = host if host == "loop" else f"n{int(host[1:]) - 1}"
        return query.answer([record(CNAME, wire(f"{target}.alias.example"))])

    async def messages(self, message, transport):
        """The messages to send back; None keeps a TCP connection open and silent."""
        query = Query(message)
        number = self.count(query, transport)
        mode = query.name.split(".")[-2] if query.name.count(".") else ""
        if mode in ("truncate", "closes"):
            if transport == "udp":
                return [query.answer(flags=0x8780)]
            return None if mode == "truncate" else []
        if mode == "silent" or (mode == "lost" and number == 1):
            return None
        if mode in ("hold", "holdfail"):
            await self.released(query)
        if mode == "outage" and (self.directory / "down").exists():
            return [query.answer(code=2)]
        if mode in ("hold", "answer", "lost", "outage"):
            return [self.txt(query)]
        if mode in ("servfail", "holdfail"):
            return [query.answer(code=2)]
        if mode == "junk":
            return [b"\xff" * 40]
        if mode == "wrongid":
            right = self.txt(query)
            return [bytes([right[0] ^ 0xFF]) + right[1:], right]
        if mode == "alias":
            return [self.alias(query)]
        return [query.answer(code=5)]


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server):
        self.server = server
        self.tasks = set()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        task = asyncio.ensure_future(self.answer(data, address))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def answer(self, data, address):
        for message in await self.server.messages(data, "udp") or []:
            self.transport.sendto(message, address)


async def serve_stream(server, reader, writer):
    try:
        length = struct.unpack("!H", await reader.readexactly(2))[0]
        messages = await server.messages(await reader.readexactly(length), "tcp")
        if messages is None:
            await reader.read()
        for message in messages or []:
            writer.write(struct.pack("!H", len(message)) + message)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--directory", type=pathlib.Path, required=True)
    parser.add_argument("--address", action="append")
    arguments = parser.parse_args()
    server = Server(arguments.directory)
    loop = asyncio.get_running_loop()
    for address in arguments.address or ["127.0.0.1"]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        await loop.create_datagram_endpoint(
            lambda: Datagrams(server), local_addr=(address, arguments.port), family=family)
        await asyncio.start_server(
            lambda reader, writer: serve_stream(server, reader, writer),
            address, arguments.port, family=family, backlog=1024)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
