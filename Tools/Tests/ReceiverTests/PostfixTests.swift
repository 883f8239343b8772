// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import NIOSSL
import RequirementTrait
import SMTPClient
import Testing

/// The SMTP client and a real mail server.
@Suite(.timeLimit(.minutes(2))) struct PostfixTests {
    private let world: ReceiverWorld
    private let client: SMTPClient

    init() throws {
        world = try ReceiverWorld()
        client = try SMTPClient(
            SMTPClient.Configuration(
                name: "sender.example",
                trustRoots: .file(try world.value("MTASTS_HTTPS_CA")),
                timeouts: SMTPTimeouts(each: .seconds(20), total: .seconds(60))
            )
        )
    }

    private func session(_ place: String = "MTASTS_REPORTS_SMTP") async throws -> SMTPSession {
        try await client.connect(to: "127.0.0.1", port: try world.port(place))
    }

    @Test func aMailArrivesAsItWasSent() async throws {
        let id = UUID().uuidString
        let lines = ["Subject: \(id)", "", ".", "..", ".dot at the beginning", "", "the end."]
        let session = try await session()
        let name = try DomainName(parsing: "mx.tlsrpt.example")
        #expect(try await session.startTLS(.verified(name)) == .established(.valid))
        #expect(session.serverName == "mx.tlsrpt.example")
        #expect(session.peerCertificate?.dnsIDs.isEmpty == false)
        let mail = SMTPMail(
            sender: "tls@sender.example",
            recipients: ["refused@tlsrpt.example", "reports@tlsrpt.example"],
            message: Array(lines.joined(separator: "\r\n").utf8)
        )
        let outcome = try await session.send(mail)
        #expect(outcome.accepted == ["reports@tlsrpt.example"])
        #expect(outcome.refused.map(\.reply.code) == [550])
        // The session takes a second one.
        var second = mail
        second.recipients = ["second@tlsrpt.example"]
        #expect(try await session.send(second).reply.code == 250)
        await session.quit()
        let received = try await world.mail(holding: id)
        #expect(received.hasSuffix(lines.dropFirst().joined(separator: "\n") + "\n"))
    }

    @Test(.proves("R-MX-08")) func theServersCertificateIsHeldToItsName() async throws {
        let session = try await session()
        defer { session.close() }
        let observation = try await session.startTLS(.verified(try DomainName(parsing: "other.example")))
        #expect(observation == .established(.hostMismatch))
        #expect(session.isOpen)
        let plain = try await self.session("MTASTS_REPORTS_SMTP_PLAIN")
        defer { plain.close() }
        #expect(try await plain.startTLS(.any) == .startTLSNotOffered())
    }

    @Test(.proves("R-MX-11")) func anUnknownRootIsNotTrusted() async throws {
        let other = try SMTPClient(
            SMTPClient.Configuration(
                name: "sender.example",
                trustRoots: .file(try world.value("MTASTS_HTTPS_OTHER_CA"))
            )
        )
        let session = try await other.connect(to: "127.0.0.1", port: try world.port("MTASTS_REPORTS_SMTP"))
        defer { session.close() }
        let observation = try await session.startTLS(.verified(try DomainName(parsing: "mx.tlsrpt.example")))
        guard case .established(.notTrusted) = observation else {
            Issue.record("\(observation)")
            return
        }
    }

    @Test(arguments: [
        ("refused", true), ("refused-after-data", true), ("deferred", false), ("deferred-after-data", false),
    ])
    func refusalsAreToldApart(_ recipient: String, _ isPermanent: Bool) async throws {
        let transport = SMTPReportTransport(
            client: client,
            host: "127.0.0.1",
            port: try world.port("MTASTS_REPORTS_SMTP")
        )
        let mail = ReportMail(
            sender: "tls@sender.example",
            recipient: "\(recipient)@tlsrpt.example",
            message: Array("Subject: x\r\n\r\nx\r\n".utf8)
        )
        await #expect {
            try await transport.send(mail)
        } throws: { error in
            switch error as? ReportTransportFailure {
            case .permanent: isPermanent
            case .temporary: !isPermanent
            case nil: false
            }
        }
    }

    @Test func aMailThatIsTooLargeIsRefused() async throws {
        let line = String(repeating: "x", count: 70) + "\r\n"
        let session = try await session()
        defer { session.close() }
        let mail = SMTPMail(
            sender: "tls@sender.example",
            recipients: ["reports@tlsrpt.example"],
            message: Array(String(repeating: line, count: 40_000).utf8)
        )
        await #expect {
            _ = try await session.send(mail)
        } throws: {
            if case SMTPError.refused(.mail, let reply) = $0 { reply.code == 552 } else { false }
        }
    }
}
