#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTPS servers that misbehave, one for each line of hosts.txt whose SERVER is "misbehave".

misbehave.py HOSTS CERTIFICATES PORT LOG

Each event is a line of JSON in LOG: opened, request, closed; `connection` ties them together, `time` is
CLOCK_MONOTONIC in seconds. A closed event has the octets of body sent, and when octet 65,537 was sent.
"""

import asyncio
import gzip
import hashlib
import itertools
import json
import os
import socket
import ssl
import struct
import sys
import time

LIMIT = 65536
POLICY = b"version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
WITHOUT_TLS = {"no-handshake", "not-tls", "reset"}

numbers = itertools.count(1)
log = None


def record(**event):
    event["time"] = time.monotonic()
    log.write(json.dumps(event) + "\n")
    log.flush()


class Gone(Exception):
    """The client has closed the connection."""


class Connection:
    """One connection: sends octets, and notices at once when the client goes."""

    def __init__(self, host, reader, writer, sni):
        self.host, self.reader, self.writer = host, reader, writer
        self.number = next(numbers)
        self.sent = 0
        self.passed = None
        self.gone = None
        writer.transport.set_write_buffer_limits(high=1, low=0)
        record(event="opened", connection=self.number, host=host, sni=sni)

    async def request(self):
        """Reads the request's header and starts to watch for the end of the connection."""
        header = await self.reader.readuntil(b"\r\n\r\n")
        record(event="request", connection=self.number, host=self.host, header=header.decode("latin-1"))
        self.watch()

    async def report(self, reads_body=True):
        """Reads a POST: the header, and the body unless told not to; notes the header and the body's SHA-256."""
        header = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in header.split("\r\n")[1:] if ": " in line)
        digest, left = hashlib.sha256(), int(fields.get("content-length", 0)) if reads_body else 0
        while left:
            part = await self.reader.read(min(left, 65536))
            if not part:
                raise Gone
            digest.update(part)
            left -= len(part)
        record(event="request", connection=self.number, host=self.host, header=header, sha256=digest.hexdigest())
        if reads_body:
            self.watch()

    def watch(self):
        self.gone = asyncio.ensure_future(self.reader.read(1))

    async def pause(self, seconds):
        done, _ = await asyncio.wait([self.gone], timeout=seconds)
        if done:
            raise Gone

    async def send(self, octets, body=False):
        # drain() alone neither yields nor raises on a connection that has just broken.
        await asyncio.sleep(0)
        if self.writer.transport.is_closing() or (self.gone is not None and self.gone.done()):
            raise Gone
        self.writer.write(octets)
        await self.writer.drain()
        if body:
            self.sent += len(octets)
            if self.sent > LIMIT and self.passed is None:
                self.passed = time.monotonic()

    async def finish(self, clean=True):
        """Closes: with TLS's close_notify, or without."""
        if clean:
            self.writer.close()
            await self.writer.wait_closed()
        else:
            self.writer.transport.abort()

    def reset(self):
        """Closes with a TCP reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def ended(self):
        if self.gone is not None:
            self.gone.cancel()
        record(event="closed", connection=self.number, host=self.host, octets=self.sent, passed=self.passed)


async def endless_body(c):
    await c.request()
    await c.send(HEAD + b"\r\n")
    while True:
        await c.send(b"x" * 16384, body=True)
        # One flood must not keep the other servers from noticing that they were closed.
        if c.passed is not None:
            await c.pause(0.002)


async def endless_chunks(c):
    await c.request()
    await c.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        await c.send(b"4000\r\n" + b"x" * 16384 + b"\r\n", body=True)


async def endless_header(c):
    await c.request()
    await c.send(HEAD)
    for number in itertools.count():
        await c.send(b"X-Filler-%d: " % number + b"x" * 900 + b"\r\n", body=True)


async def endless_interim(c):
    await c.request()
    while True:
        await c.send(b"HTTP/1.1 103 Early Hints\r\nX-Filler: " + b"x" * 900 + b"\r\n\r\n", body=True)


async def huge_length(c):
    await c.request()
    await c.send(HEAD + b"Content-Length: 10737418240\r\n\r\n")
    await c.pause(600)


async def drip(c):
    await c.request()
    await drip_on(c, HEAD + b"Content-Length: 3600\r\n\r\n")


async def drip_header(c):
    await c.request()
    await drip_on(c, HEAD + b"X-Slow: ")


async def drip_on(c, start):
    """Sends the start and then an octet a second."""
    await c.send(start)
    while True:
        await c.send(b"x", body=True)
        await c.pause(1)


async def cut_length(c):
    await c.request()
    await c.send(HEAD + b"Content-Length: 4096\r\n\r\n")
    await c.send(POLICY, body=True)
    await c.finish()


async def cut_chunks(c):
    await c.request()
    await c.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    await c.send(b"%x\r\n" % len(POLICY) + POLICY + b"\r\n", body=True)
    await c.finish()


async def until_close(c):
    await c.request()
    await c.send(HEAD + b"\r\n")
    await c.send(POLICY, body=True)
    await c.finish()


async def until_cut(c):
    await c.request()
    await c.send(HEAD + b"\r\n")
    await c.send(POLICY, body=True)
    await c.finish(clean=False)


async def chunks(c):
    await c.request()
    await c.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for octet in POLICY:
        await c.send(b"1\r\n%c\r\n" % octet, body=True)
    await c.send(b"0\r\n\r\n")
    await c.finish()


async def gzipped(c):
    await c.request()
    body = gzip.compress(POLICY)
    await c.send(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body))
    await c.send(body, body=True)
    await c.finish()


async def no_answer(c):
    await c.request()
    await c.pause(600)


async def no_handshake(c):
    await c.reader.read(1)
    await c.reader.read()


async def not_tls(c):
    await c.send(b"220 mail.example.com ESMTP\r\n" * 8)
    await c.finish()


async def not_http(c):
    await c.request()
    await c.send(b"220 mail.example.com ESMTP\r\n")
    await c.finish()


async def reset(c):
    await c.reader.read(1)
    c.reset()


async def reset_in_body(c):
    await c.request()
    await c.send(HEAD + b"Content-Length: 4096\r\n\r\n")
    await c.send(POLICY, body=True)
    await c.pause(0.2)
    c.reset()


async def closed(c):
    await c.request()
    await c.finish()


def answers(status, reason, fields=b"", body=b"thank you\n"):
    async def answer(c):
        await c.report()
        length = b"" if status == 204 else b"Content-Length: %d\r\n" % len(body)
        await c.send(b"HTTP/1.1 %d %s\r\n" % (status, reason) + fields + length + b"\r\n")
        if status != 204:
            await c.send(body, body=True)
        await c.finish()

    return answer


async def report_refused_early(c):
    """Answers before the body has come, and reads no more of it."""
    await c.report(reads_body=False)
    c.gone = asyncio.ensure_future(asyncio.sleep(600))
    await c.send(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    await asyncio.sleep(0.5)
    await c.finish()


async def report_endless(c):
    await c.report()
    await c.send(HEAD + b"\r\n")
    while True:
        await c.send(b"x" * 16384, body=True)


async def report_interim(c):
    await c.report()
    await c.send(b"HTTP/1.1 103 Early Hints\r\nX-Filler: x\r\n\r\n" * 3 + b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
    await c.finish()


async def report_drip(c):
    await c.report()
    await drip_on(c, HEAD + b"X-Slow: ")


async def report_slow_body(c):
    """The header at once, the body never: its status is all that counts."""
    await c.report()
    await c.send(HEAD + b"Content-Length: 3600\r\n\r\n")
    await c.pause(600)


async def report_silent(c):
    await c.report()
    await c.pause(600)


BEHAVIOURS = {
    "report-200": answers(200, b"OK"),
    "report-201": answers(201, b"Created"),
    "report-204": answers(204, b"No Content"),
    "report-301": answers(301, b"Moved Permanently", b"Location: https://mta-sts.report-200.example/\r\n"),
    "report-307": answers(307, b"Temporary Redirect", b"Location: https://mta-sts.report-200.example/\r\n"),
    "report-413": report_refused_early,
    "report-500": answers(500, b"Internal Server Error"),
    "report-interim": report_interim,
    "report-endless": report_endless,
    "report-drip": report_drip,
    "report-slow-body": report_slow_body,
    "report-silent": report_silent,
    "endless-body": endless_body,
    "endless-chunks": endless_chunks,
    "endless-header": endless_header,
    "endless-interim": endless_interim,
    "huge-length": huge_length,
    "drip": drip,
    "drip-header": drip_header,
    "cut-length": cut_length,
    "cut-chunks": cut_chunks,
    "until-close": until_close,
    "until-cut": until_cut,
    "chunks": chunks,
    "gzip": gzipped,
    "no-answer": no_answer,
    "no-handshake": no_handshake,
    "not-tls": not_tls,
    "not-http": not_http,
    "reset": reset,
    "reset-in-body": reset_in_body,
    "closed": closed,
    "tls-1-1": until_close,
}


def tls_context(certificates, certificate, behaviour, names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    base = os.path.join(certificates, certificate)
    context.load_cert_chain(base + ".pem", base + ".key")
    if behaviour == "tls-1-1":
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    def heard(tls, name, _):
        names[id(tls)] = name

    context.sni_callback = heard
    return context


async def serve(name, address, port, certificates, certificate, behaviour):
    names = {}

    async def handle(reader, writer):
        sni = names.pop(id(writer.get_extra_info("ssl_object")), None)
        connection = Connection(f"mta-sts.{name}.example", reader, writer, sni)
        try:
            await BEHAVIOUR_OF[name](connection)
        except (Gone, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            connection.ended()
            writer.transport.abort()

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # A small buffer, so that what was "sent" is not far ahead of what the client has read.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)
    listener.bind((address, port))
    options = {}
    if behaviour not in WITHOUT_TLS:
        options["ssl"] = tls_context(certificates, certificate, behaviour, names)
        options["ssl_shutdown_timeout"] = 2
    return await asyncio.start_server(handle, sock=listener, backlog=512, **options)


def silence(address, port):
    """A listener whose accept queue is full: Linux drops every further SYN. Returns what must be kept open."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(0)
    kept = [listener]
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex((address, port))
        kept.append(filler)
    return kept


BEHAVIOUR_OF = {}


async def main(hosts, certificates, port):
    servers, kept = [], []
    with open(hosts, encoding="ascii") as lines:
        for line in lines:
            fields = line.split()
            if line.startswith("#") or len(fields) < 5 or fields[2] != "misbehave":
                continue
            name, address, _, certificate, behaviour = fields
            if behaviour == "silent":
                kept.append(silence(address, port))
                continue
            BEHAVIOUR_OF[name] = BEHAVIOURS[behaviour]
            servers.append(await serve(name, address, port, certificates, certificate, behaviour))
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    log = open(sys.argv[4], "a", encoding="ascii")
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
