// SPDX-License-Identifier: Apache-2.0

import MTASTS
import NIOSSL
import RequirementTrait
import SMTPClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct StartTLSTests {
    private let mx = DomainName("mx.example")

    /// What came of STARTTLS, and the session after it.
    private func observe(
        _ name: String? = "mx.example",
        _ script: @escaping @Sendable (Conversation) async throws -> Void,
        _ body: (SMTPSession) async throws -> Void = { _ in }
    ) async throws -> TLSObservation {
        try await SMTPSessionTests.with(script) { client, port in
            let session = try await client.connect(to: "127.0.0.1", port: port)
            defer { session.close() }
            let check: SMTPSession.CertificateCheck
            if let name { check = .verified(try DomainName(parsing: name)) } else { check = .any }
            let observation = try await session.startTLS(check)
            try await body(session)
            return observation
        }
    }

    private static func secured(_ certificate: String) -> @Sendable (Conversation) async throws -> Void {
        { peer in
            try await peer.greet("STARTTLS", "AUTH LOGIN")
            try await peer.startTLS(certificate)
            _ = await peer.line()
            try await peer.hello(["AUTH LOGIN PLAIN"])
            while let line = await peer.line() {
                try await peer.send(line == "AUTH PLAIN AHUAcA==" ? "235 ok\r\n" : "535 no\r\n")
            }
        }
    }

    @Test(.proves("R-MX-17", "R-MX-18")) func aValidCertificate() async throws {
        let observation = try await observe("mx.example", Self.secured(TestCertificates.valid)) { session in
            #expect(session.isEncrypted)
            #expect(session.capabilities == ["AUTH": ["LOGIN", "PLAIN"]])
            #expect(session.peerCertificate?.dnsIDs == ["mx.example"])
            #expect(session.peerCertificate?.der.isEmpty == false)
            try await session.authenticate(user: "u", password: "p")
            await #expect(throws: SMTPError.refused(.authentication, SMTPReply(code: 535, lines: ["no"]))) {
                try await session.authenticate(user: "u", password: "q")
            }
        }
        #expect(observation == .established(.valid))
    }

    @Test(.proves("R-MX-08")) func anotherNameIsAMismatchAndTheSessionGoesOn() async throws {
        for name in ["other.example", "a.mx.example"] {
            let observation = try await observe(name, Self.secured(TestCertificates.valid)) { session in
                #expect(session.isEncrypted)
            }
            #expect(observation == .established(.hostMismatch))
        }
    }

    @Test(.proves("R-MX-11")) func anExpiredCertificate() async throws {
        let observation = try await observe("mx.example", Self.secured(TestCertificates.expired)) { session in
            #expect(!session.isEncrypted)
            #expect(session.peerCertificate?.dnsIDs == ["mx.example"])
            await #expect(throws: SMTPError.self) { _ = try await session.send(SMTPSessionTests.mail) }
        }
        #expect(observation == .established(.expired))
    }

    @Test(.proves("R-MX-11")) func anUntrustedCertificate() async throws {
        let server = try await ScriptedServer(Self.secured(TestCertificates.valid))
        let client = try SMTPClient(SMTPClient.Configuration(name: "sender.example", trustRoots: .certificates([])))
        let session = try await client.connect(to: "127.0.0.1", port: server.port)
        let observation = try await session.startTLS(.verified(try #require(mx)))
        session.close()
        await server.close()
        guard case .established(.notTrusted) = observation else {
            Issue.record("\(observation)")
            return
        }
    }

    @Test func anyCertificateWillDoForEncryptionAlone() async throws {
        let observation = try await observe(nil, Self.secured(TestCertificates.expired)) { #expect($0.isEncrypted) }
        guard case .established(.notVerified) = observation else {
            Issue.record("\(observation)")
            return
        }
    }

    @Test func notOffered() async throws {
        let observation = try await observe { peer in
            try await peer.greet("PIPELINING")
            await peer.drain()
        }
        #expect(observation == .startTLSNotOffered())
    }

    @Test func refused() async throws {
        let observation = try await observe { peer in
            try await peer.greet("STARTTLS")
            _ = await peer.line()
            try await peer.send("454 TLS not available\r\n")
            await peer.drain()
        }
        #expect(observation == .startTLSNotOffered(reason: "454 TLS not available"))
    }

    /// RFC 3207 section 4 and CVE-2011-0411 the other way round: what a third party puts in after the reply must not
    /// be taken for the server's.
    @Test(.proves("R-MX-18"), arguments: ["250 injected\r\n", "2", "\u{16}\u{3}\u{1}"])
    func octetsInClearAfterTheReply(_ injected: String) async throws {
        let observation = try await observe { peer in
            try await peer.greet("STARTTLS")
            _ = await peer.line()
            try await peer.send("220 go ahead\r\n" + injected)
            await peer.drain()
        } _: { session in
            #expect(!session.isEncrypted)
            await #expect(throws: SMTPError.self) { _ = try await session.send(SMTPSessionTests.mail) }
        }
        #expect(observation == .handshakeFailed(reason: "octets in clear came after the reply to STARTTLS"))
    }

    @Test(arguments: ["", "not TLS at all, I am afraid\r\n"])
    func noHandshake(_ answer: String) async throws {
        let observation = try await observe { peer in
            try await peer.greet("STARTTLS")
            _ = await peer.line()
            try await peer.send("220 go ahead\r\n")
            // The client's first octets have come, so that what follows is no injection.
            _ = await peer.octets()
            try await peer.send(answer)
        }
        guard case .handshakeFailed = observation else {
            Issue.record("\(observation)")
            return
        }
    }

    @Test func aHandshakeThatHangsIsGivenUp() async throws {
        let timeouts = SMTPSessionTests.timeouts(\.handshake, .seconds(1))
        let observation = try await SMTPSessionTests.with(
            { peer in
                try await peer.greet("STARTTLS")
                _ = await peer.line()
                try await peer.send("220 go ahead\r\n")
                while await peer.octets() != nil {}
            },
            timeouts: timeouts
        ) { client, port in
            try await client.connect(to: "127.0.0.1", port: port).startTLS(.any)
        }
        #expect(observation == .handshakeFailed(reason: "the server did not answer in time (the TLS handshake)"))
    }

    @Test func noPasswordGoesInClear() async throws {
        try await SMTPSessionTests.with { peer in
            try await peer.greet("AUTH PLAIN")
            #expect(await peer.line() == nil)
        } _: { client, port in
            let session = try await client.connect(to: "127.0.0.1", port: port)
            defer { session.close() }
            await #expect(throws: SMTPError.noAuthentication(reason: "the password would go in clear")) {
                try await session.authenticate(user: "u", password: "p")
            }
        }
    }
}
