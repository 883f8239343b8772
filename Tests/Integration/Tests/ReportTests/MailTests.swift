// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import MTASTSZLIB
import NIOSSL
import RequirementTrait
import SMTPClient
import Testing

extension ReportTests {
    /// Reports mailed to Postfix, as received (RFC 8460 section 5.3).
    struct MailTests {
        @Test(.proves("R-SEND-03", "R-SEND-04"), arguments: [true, false], [true, false])
        func isReceivedAsSent(isCompressed: Bool, isEncrypted: Bool) async throws {
            let world = try ReportsWorld()
            let domain = try #require(DomainName("mailed.reporting.example"))
            let recipient = "r\(UInt64.random(in: .min ... .max))@tlsrpt.example"
            let message = try Self.message(of: domain, to: recipient, isCompressed: isCompressed)
            let transport = try Self.transport(to: world, isEncrypted: isEncrypted)
            try await transport.send(Self.mail(message))

            let files = try await world.mail(to: recipient, expecting: 1)
            let file = try #require(files.first)
            #expect(files.count == 1)
            let received = [UInt8](try Data(contentsOf: file))
            // Postfix keeps lines with LF and puts its own fields first; all of ours follow.
            let sent = message.octets.filter { $0 != 0x0D }
            #expect(received.suffix(sent.count).elementsEqual(sent))
            let added = String(decoding: received.dropLast(sent.count), as: UTF8.self)
            #expect(added.contains("Return-Path: <\(message.sender)>\nX-Original-To: \(recipient)\n"))
            #expect(added.contains("using TLSv1.3") == isEncrypted)

            let contents = try ReportMailReader().attachments(of: received)
            #expect(contents.isTLSReport)
            // Postfix keeps lines with bare LF.
            #expect(contents.deviations.map(\.kind) == [.bareLineFeed])
            #expect(contents.fields.reportDomain == "mailed.reporting.example")
            #expect(contents.fields.reportSubmitter == "sender.example")
            let expected = ReportTests.sampleReading(of: domain, in: file)
            #expect(try ReportTests.read([file]) == expected)
            #expect(try Judge.read([file]) == expected)
            print("| mailed \(isEncrypted ? "with" : "without") TLS | \(sent.count) octets | as sent |")
        }

        @Test(arguments: [
            ("refused", true), ("refused-after-data", true), ("deferred", false), ("deferred-after-data", false),
        ])
        func isNotTaken(_ recipient: String, isPermanent: Bool) async throws {
            let world = try ReportsWorld()
            let domain = try #require(DomainName("refused.reporting.example"))
            let message = try Self.message(of: domain, to: "\(recipient)@tlsrpt.example", isCompressed: true)
            let transport = try Self.transport(to: world, isEncrypted: true)
            let failure = await #expect(throws: ReportTransportFailure.self) {
                try await transport.send(Self.mail(message))
            }
            switch try #require(failure) {
            case .permanent: #expect(isPermanent)
            case .temporary: #expect(!isPermanent)
            }
        }

        private static func message(
            of domain: DomainName,
            to recipient: String,
            isCompressed: Bool
        ) throws -> ReportMessage {
            let report = try ReportTests.sample(of: domain)
            let json = report.json()
            return try ReportMessage(
                report: report,
                policyDomain: domain,
                submitter: try #require(report.submitter),
                recipient: recipient,
                attachment: isCompressed ? .gzip(try ZLIBCompression().gzip(json)) : .json(json),
                date: UnixTime(secondsSinceEpoch: 1_795_564_800)
            )
        }

        private static func mail(_ message: ReportMessage) -> ReportMail {
            ReportMail(sender: message.sender, recipient: message.recipient, message: message.octets)
        }

        /// A transport to Postfix: with its certificate checked, or to the port without TLS.
        static func transport(to world: ReportsWorld, isEncrypted: Bool) throws -> SMTPReportTransport {
            let name = try #require(DomainName(world.mailHost))
            let configuration = SMTPClient.Configuration(
                name: "sender.example",
                trustRoots: .file(try HTTPSWorld().trustRoot)
            )
            return SMTPReportTransport(
                client: try SMTPClient(configuration),
                host: "127.0.0.1",
                port: isEncrypted ? world.mailPort : world.plainMailPort,
                security: isEncrypted ? .required(name) : .none
            )
        }
    }
}
