// SPDX-License-Identifier: Apache-2.0

import MTASTS
import NIOSSL
import SMTPClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct SMTPSessionTests {
    static let mail = SMTPMail(
        sender: "a@sender.example",
        recipients: ["b@mx.example"],
        message: Array("Subject: x\r\n\r\n.dot\r\nend\r\n".utf8)
    )

    static func client(_ timeouts: SMTPTimeouts = SMTPTimeouts(each: .seconds(10), total: .seconds(30))) throws
        -> SMTPClient
    {
        let root = try NIOSSLCertificate.fromPEMBytes(Array(TestCertificates.root.utf8))
        return try SMTPClient(
            SMTPClient.Configuration(name: "sender.example", trustRoots: .certificates(root), timeouts: timeouts)
        )
    }

    /// Ample times but for one step.
    static func timeouts(_ step: WritableKeyPath<SMTPTimeouts, Duration>, _ limit: Duration) -> SMTPTimeouts {
        var timeouts = SMTPTimeouts(each: .seconds(10), total: .seconds(30))
        timeouts[keyPath: step] = limit
        return timeouts
    }

    /// Runs a client against a script.
    static func with<Value>(
        _ script: @escaping @Sendable (Conversation) async throws -> Void,
        timeouts: SMTPTimeouts = SMTPTimeouts(each: .seconds(10), total: .seconds(30)),
        _ body: (SMTPClient, Int) async throws -> Value
    ) async throws -> Value {
        let server = try await ScriptedServer(script)
        do {
            let value = try await body(try client(timeouts), server.port)
            await server.close()
            return value
        } catch {
            await server.close()
            throw error
        }
    }

    /// The error of one attempt to send a mail.
    private func error(
        _ script: @escaping @Sendable (Conversation) async throws -> Void,
        timeouts: SMTPTimeouts = SMTPTimeouts(each: .seconds(10), total: .seconds(30)),
        mail: SMTPMail = SMTPSessionTests.mail
    ) async throws -> SMTPError? {
        try await Self.with(script, timeouts: timeouts) { client, port in
            do throws(SMTPError) {
                let session = try await client.connect(to: "127.0.0.1", port: port)
                _ = try await session.send(mail)
                await session.quit()
                return nil
            } catch {
                return error
            }
        }
    }

    @Test func aMailIsHandedOver() async throws {
        let notes = Notes()
        let outcome = try await Self.with { peer in
            try await peer.greet("SIZE 10000", "PIPELINING")
            for reply in ["250 ok", "250 ok", "354 go"] {
                notes.add(await peer.line())
                try await peer.send(reply + "\r\n")
            }
            await peer.message().forEach(notes.add)
            try await peer.send("250-2.0.0 queued\r\n250 as 1\r\n")
            notes.add(await peer.line())
            try await peer.send("221 bye\r\n")
            notes.add(await peer.line())
        } _: { client, port in
            let session = try await client.connect(to: "127.0.0.1", port: port)
            #expect(session.serverName == "mx.example")
            #expect(session.capabilities == ["SIZE": ["10000"], "PIPELINING": []])
            #expect(session.peerAddress == IPAddress("127.0.0.1"))
            let outcome = try await session.send(Self.mail)
            await session.quit()
            await #expect(throws: SMTPError.self) { _ = try await session.send(Self.mail) }
            return outcome
        }
        #expect(outcome.accepted == ["b@mx.example"])
        #expect(outcome.reply.lines == ["2.0.0 queued", "as 1"])
        #expect(
            notes.all.prefix(8) == [
                "MAIL FROM:<a@sender.example> SIZE=\(Self.mail.message.count)", "RCPT TO:<b@mx.example>", "DATA",
                "Subject: x", "", "..dot", "end", "QUIT",
            ]
        )
    }

    @Test func aServerThatOnlyKnowsHELOIsSpokenToSo() async throws {
        let notes = Notes()
        let failure = try await error { peer in
            try await peer.send("220 old\r\n")
            notes.add(await peer.line())
            try await peer.send("502 what?\r\n")
            notes.add(await peer.line())
            try await peer.send("250 old\r\n")
            notes.add(await peer.line())
            try await peer.send("452 no room\r\n")
        }
        #expect(failure == .refused(.mail, SMTPReply(code: 452, lines: ["no room"])))
        #expect(notes.all == ["EHLO sender.example", "HELO sender.example", "MAIL FROM:<a@sender.example>"])
    }

    @Test func someRecipientsMayBeRefused() async throws {
        let mail = SMTPMail(sender: "", recipients: ["a@x.example", "b@x.example"], message: Array("x\r\n".utf8))
        let outcome = try await Self.with { peer in
            try await peer.greet()
            for reply in ["250 ok", "550 no", "250 ok", "354 go"] {
                _ = await peer.line()
                try await peer.send(reply + "\r\n")
            }
            _ = await peer.message()
            try await peer.send("250 ok\r\n")
            await peer.drain()
        } _: { client, port in
            let session = try await client.connect(to: "127.0.0.1", port: port)
            defer { session.close() }
            return try await session.send(mail)
        }
        #expect(outcome.accepted == ["b@x.example"])
        #expect(outcome.refused.map(\.recipient) == ["a@x.example"])
    }

    @Test func afterARefusalTheSessionTakesAnotherMail() async throws {
        let notes = Notes()
        try await Self.with { peer in
            try await peer.greet()
            for reply in ["250 ok", "250 ok", "451 not now", "250 reset", "250 ok", "250 ok", "354 go"] {
                notes.add(await peer.line())
                try await peer.send(reply + "\r\n")
            }
            _ = await peer.message()
            try await peer.send("250 ok\r\n")
            await peer.drain()
        } _: { client, port in
            let session = try await client.connect(to: "127.0.0.1", port: port)
            defer { session.close() }
            await #expect(throws: SMTPError.refused(.data, SMTPReply(code: 451, lines: ["not now"]))) {
                _ = try await session.send(Self.mail)
            }
            #expect(try await session.send(Self.mail).accepted == ["b@mx.example"])
        }
        #expect(notes.all.map { $0.prefix(4) } == ["MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "DATA"])
    }

    @Test(arguments: [
        ("554 no service", SMTPStage.greeting, true), ("421 busy", .greeting, false),
        ("220 hi\r\n220 hi", .hello, false),
        ("SSH-2.0-x", .greeting, false), ("354 go", .greeting, false),
    ])
    func aGreetingMayBeWrong(_ greeting: String, _ stage: SMTPStage, _ isPermanent: Bool) async throws {
        let failure = try await error { peer in
            try await peer.send(greeting + "\r\n")
            await peer.drain()
        }
        let found = try #require(failure)
        #expect(found.isPermanent == isPermanent, "\(found)")
        switch found {
        case .refused(let where_, _), .malformedReply(let where_, _): #expect(where_ == stage || where_ == .idle)
        default: Issue.record("\(found)")
        }
    }

    @Test func aReplyWithoutEndIsCutShort() async throws {
        let failure = try await error { peer in
            try await peer.send("220 hi\r\n")
            _ = await peer.line()
            while true { try await peer.send(String(repeating: "250-more\r\n", count: 50)) }
        }
        #expect(failure == .malformedReply(.hello, reason: "more than 100 lines"))
        let line = try await error { peer in
            while true { try await peer.send("220" + String(repeating: " ", count: 500)) }
        }
        #expect(line == .malformedReply(.greeting, reason: "a line of more than 2048 octets"))
    }

    @Test func aSilentServerIsGivenUp() async throws {
        let failure = try await error(
            { await $0.drain() },
            timeouts: Self.timeouts(\.greeting, .milliseconds(50))
        )
        #expect(failure == .timedOut(.greeting))
    }

    /// Every octet comes well within the time for a step; the reply as a whole does not.
    @Test func aSlowDripIsGivenUp() async throws {
        let failure = try await error(
            { peer in
                try await peer.send("220 hi\r\n")
                _ = await peer.line()
                while true {
                    try await peer.send("2")
                    try await Task.sleep(for: .milliseconds(20))
                }
            },
            timeouts: Self.timeouts(\.command, .milliseconds(300))
        )
        #expect(failure == .timedOut(.hello))
    }

    @Test func theSessionInAllIsBounded() async throws {
        let failure = try await error(
            { peer in
                try await peer.greet()
                await peer.drain()
            },
            timeouts: Self.timeouts(\.total, .seconds(1))
        )
        // On a busy machine the time may be over before MAIL.
        guard case .timedOut? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test func theServerMayCloseAtAnyPoint() async throws {
        let reply = SMTPReply(code: 421, lines: ["going down"])
        for point in 0..<4 {
            for saysSo in [false, true] {
                let failure = try await error { peer in
                    try await peer.greet()
                    for number in 0..<3 {
                        _ = await peer.line()
                        guard number < point else { break }
                        try await peer.send(number == 2 ? "354 go\r\n" : "250 ok\r\n")
                    }
                    if point == 3 { _ = await peer.line() }
                    if saysSo { try await peer.send("421 going down\r\n") }
                }
                let stage = [SMTPStage.mail, .recipient, .data, .message][point]
                #expect(failure == (saysSo ? .refused(stage, reply) : .closed(stage)))
                #expect(failure?.isPermanent == false)
            }
        }
    }

    @Test func aDropInTheMiddleOfALargeMessageIsNoticed() async throws {
        let line = String(repeating: "x", count: 70) + "\r\n"
        let large = SMTPMail(
            sender: "",
            recipients: ["a@x.example"],
            message: Array(String(repeating: line, count: 200_000).utf8)
        )
        for refusal in ["552 too large\r\n", ""] {
            let failure = try await error(
                { peer in
                    try await peer.greet()
                    for reply in ["250 ok", "250 ok", "354 go"] {
                        _ = await peer.line()
                        try await peer.send(reply + "\r\n")
                    }
                    _ = await peer.line()
                    try await peer.send(refusal)
                },
                mail: large
            )
            switch try #require(failure) {
            case .refused(.message, let reply): #expect(reply.code == 552)
            case .closed(.message), .connectionFailed: #expect(refusal.isEmpty || failure?.isPermanent == false)
            default: Issue.record("\(String(describing: failure))")
            }
        }
    }

    @Test func nobodyListens() async throws {
        let server = try await ScriptedServer { _ in }
        await server.close()
        await #expect {
            _ = try await Self.client().connect(to: "127.0.0.1", port: server.port)
        } throws: {
            if case SMTPError.connectionFailed = $0 { true } else { false }
        }
    }

    @Test func aCancelledTaskEndsTheSession() async throws {
        let notes = Notes()
        let (started, start) = AsyncStream<Void>.makeStream()
        try await Self.with { peer in
            start.finish()
            await peer.drain()
            notes.add("closed")
        } _: { client, port in
            let task = Task {
                do throws(SMTPError) {
                    _ = try await client.connect(to: "127.0.0.1", port: port)
                    return SMTPError?.none
                } catch {
                    return error
                }
            }
            for await _ in started {}
            task.cancel()
            #expect(await task.value == .cancelled)
        }
    }
}
