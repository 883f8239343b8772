// SPDX-License-Identifier: Apache-2.0

import MTASTS
import SMTPClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct ReportTransportTests {
    private static let mail = ReportMail(
        sender: "tlsrpt@sender.example",
        recipient: "reports@example.com",
        message: Array("Subject: Report\r\n\r\nx\r\n".utf8)
    )

    private func failure(
        security: SMTPReportTransport.Security = .opportunistic,
        credentials: SMTPReportTransport.Credentials? = nil,
        _ script: @escaping @Sendable (Conversation) async throws -> Void
    ) async throws -> ReportTransportFailure? {
        try await SMTPSessionTests.with(script) { client, port in
            let transport = SMTPReportTransport(
                client: client,
                host: "127.0.0.1",
                port: port,
                security: security,
                credentials: credentials
            )
            do {
                try await transport.send(Self.mail)
                return nil
            } catch {
                return try #require(error as? ReportTransportFailure)
            }
        }
    }

    private static func talk(_ replies: String...) -> @Sendable (Conversation) async throws -> Void {
        { peer in
            try await peer.greet()
            for reply in replies {
                if reply.hasPrefix("250 taken") { _ = await peer.message() } else { _ = await peer.line() }
                try await peer.send(reply + "\r\n")
            }
            await peer.drain()
        }
    }

    @Test func whatTheServerTakesIsSent() async throws {
        #expect(try await failure(Self.talk("250 ok", "250 ok", "354 go", "250 taken", "221 bye")) == nil)
    }

    @Test func refusalsAreTemporaryOrPermanent() async throws {
        let permanent = try await failure(Self.talk("250 ok", "550 5.1.1 no such user", "250 reset", "221 bye"))
        #expect(permanent == .permanent(reason: "the server answered 550 5.1.1 no such user (RCPT)"))
        let temporary = try await failure(Self.talk("250 ok", "451 4.7.1 greylisted", "250 reset", "221 bye"))
        #expect(temporary == .temporary(reason: "the server answered 451 4.7.1 greylisted (RCPT)"))
        let closed = try await failure { peer in
            try await peer.greet()
            _ = await peer.line()
        }
        #expect(closed == .temporary(reason: "the server closed the connection (MAIL)"))
    }

    @Test func requiredTLSIsRequired() async throws {
        let security = SMTPReportTransport.Security.required(try DomainName(parsing: "other.example"))
        let absent = try await failure(security: security, Self.talk())
        #expect(absent == .temporary(reason: "no TLS: the server does not offer STARTTLS"))
        let mismatch = try await failure(security: security) { peer in
            try await peer.greet("STARTTLS")
            try await peer.startTLS()
            _ = await peer.line()
            try await peer.hello([])
            #expect(await peer.line() == nil)
        }
        #expect(mismatch == .temporary(reason: "no TLS: the certificate is for another name"))
    }

    @Test func credentialsNeedTLS() async throws {
        let credentials = SMTPReportTransport.Credentials(user: "u", password: "p")
        let failure = try await failure(credentials: credentials, Self.talk())
        #expect(failure == .temporary(reason: "no authentication: the password would go in clear"))
    }
}
