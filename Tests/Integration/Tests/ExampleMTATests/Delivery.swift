// SPDX-License-Identifier: Apache-2.0

import ExampleMTA
import Foundation
import IntegrationSupport
import MTASTS
import MTASTSSystemDNS
import MTASTSTesting
import NIOSSL
import SMTPClient
import Testing

/// The example MTA on the servers of the world.
struct Sender {
    let world: ReportsWorld
    let mta: ExampleMTA
    let counter = SessionCounter()
    private let shutdown: @Sendable () async -> Void

    /// - Parameters:
    ///   - store: Where policies are kept.
    ///   - isScripted: Whether TXT records come from the scripted DNS server.
    init(store: MemoryPolicyStore = MemoryPolicyStore(), isScripted: Bool = false) throws {
        let (dnsWorld, httpsWorld) = (try DNSWorld(), try HTTPSWorld())
        world = try ReportsWorld()
        let dns = SystemDNS(server: try SystemDNS.Server(parsing: dnsWorld.resolver))
        let scripted = SystemDNS(server: try SystemDNS.Server(parsing: dnsWorld.scripted))
        let transport = try HTTPStack.asyncHTTPClient.transport(in: httpsWorld)
        shutdown = transport.shutdown
        var configuration = ExampleMTA.Configuration(name: try DomainName(parsing: "sender.example"))
        configuration.port = world.mxPort
        mta = ExampleMTA(
            configuration,
            resolver: PolicyResolver(
                dns: isScripted ? scripted : dns,
                http: transport.http,
                cache: PolicyCache(store: store)
            ),
            dns: dns,
            smtp: try SMTPClient(
                SMTPClient.Configuration(
                    name: "sender.example",
                    trustRoots: .file(httpsWorld.trustRoot),
                    timeouts: SMTPTimeouts(each: .seconds(20), total: .seconds(60))
                )
            ),
            counter: counter
        )
    }

    func end() async { await shutdown() }

    /// Tries to deliver a mail, and waits for the mail server's last line about it.
    ///
    /// - Parameters:
    ///   - age: How long the mail has been in the queue, in days.
    ///   - sessions: How many sessions are expected.
    func send(to recipient: String, age: Int64 = 0, sessions: Int) async throws -> Delivery {
        let mark = "mark-\(UUID().uuidString)"
        let mail = try QueuedMail(
            sender: "\(mark)@sender.example",
            recipient: recipient,
            message: Array("Subject: \(mark)\r\n\r\nIn confidence: \(mark)\r\n".utf8),
            arrivedAt: SystemWallClock().now.advanced(bySeconds: -age * 86_400)
        )
        let start = try world.mailLogCount()
        let attempt = try await mta.attempt(mail)
        _ = try await world.waiting(for: sessions, within: .seconds(10)) {
            try lines(from: start).filter { $0.contains(": disconnect from") }
        }
        return Delivery(attempt: attempt, mark: mark, start: start, log: try lines(from: start))
    }

    /// The mail server's lines from an octet on.
    private func lines(from start: Int) throws -> [String] {
        try world.mailLog(from: start).split(separator: "\n").map(String.init)
    }

    /// How many sessions the MX hosts have seen since a mail was begun.
    func connections(since delivery: Delivery) throws -> Int {
        try lines(from: delivery.start).count { $0.contains(": connect from") }
    }

    /// What the reports say of the sessions so far: `TYPE successes/failures result-types`, by policy type.
    func counted(for domain: DomainName) throws -> String {
        let tally = counter.drain()
        let sender = try ReportSender(organizationName: "Sender", contactInfo: "tls-reports@sender.example")
        let entries = tally.reportDays.flatMap { tally.reports(for: $0, from: sender)[domain]?.policies ?? [] }
        return entries.map { entry in
            let types = entry.failureDetails.map(\.resultType.rawValue)
            let summary = "\(entry.summary.successfulSessions)/\(entry.summary.failedSessions)"
            return ([entry.policy.type?.rawValue ?? "", summary] + types).joined(separator: " ")
        }.joined(separator: ", ")
    }
}

/// What came of one mail, on both sides.
struct Delivery {
    let attempt: DeliveryAttempt
    /// A text that is in the envelope's sender and in the message, and nowhere else.
    let mark: String
    /// Where the mail server's log ended before.
    let start: Int
    /// The mail server's lines.
    let log: [String]

    /// The sessions that the MX hosts saw: the host, and the commands as Postfix counts them.
    var sessions: [String] {
        log.compactMap { line in
            // ... postfix/valid/smtpd[123]: disconnect from unknown[127.0.0.1] ehlo=1 quit=1 commands=2
            guard let line = line.firstMatch(of: #/postfix/([a-z0-9-]+)/smtpd.*: disconnect from \S+ (.*) commands=/#)
            else { return nil }
            return "\(line.1): \(line.2)"
        }
    }
}
