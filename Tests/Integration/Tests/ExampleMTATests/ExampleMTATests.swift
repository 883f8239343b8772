// SPDX-License-Identifier: Apache-2.0

import ExampleMTA
import Foundation
import IntegrationSupport
import MTASTS
import RequirementTrait
import Testing

/// The example MTA, a real DNS server, a real policy host and a real mail server.
///
/// One after another: the mail server's log is read from where it ended before.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ExampleMTATests {
    struct Case: Sendable, CustomTestStringConvertible {
        /// The recipient, at `mta.example`.
        let recipient: String
        var age: Int64 = 0
        let result: DeliveryAttempt.Result
        let status: String
        /// What the MX hosts saw, by Postfix's log.
        let sessions: [String]
        /// What is counted for TLS reports.
        let counted: String
        /// Whether the message went over the wire as it is.
        var isInClear = false

        var testDescription: String { recipient + (age > 0 ? ", \(age) days old" : "") }
    }

    /// No session with MAIL.
    private static let noMail = "ehlo=1 quit=1"
    private static let noMailAfterTLS = "ehlo=2 starttls=1 quit=1"
    private static let taken = "mail=1 rcpt=1 data=1 quit=1"
    /// The client ends a session whose certificate it does not trust within the handshake.
    private static let brokenHandshake = "ehlo=1 starttls=0/1"

    /// An enforcing policy.
    private static let enforced = [
        Case(
            recipient: "r@valid.enforce",
            result: .delivered,
            status: "2.0.0",
            sessions: ["valid: ehlo=2 starttls=1 \(taken)"],
            counted: "sts 1/0"
        ),
        Case(
            recipient: "r@second.enforce",
            result: .delivered,
            status: "2.0.0",
            sessions: ["expired: \(brokenHandshake)", "valid: ehlo=2 starttls=1 \(taken)"],
            counted: "sts 1/2 certificate-expired validation-failure"
        ),
        refused("expired", brokenHandshake, "certificate-expired"),
        refused("not-yet-valid", brokenHandshake, "certificate-not-trusted"),
        refused("wrong-name", noMailAfterTLS, "certificate-host-mismatch"),
        refused("untrusted", brokenHandshake, "certificate-not-trusted"),
        refused("self-signed", brokenHandshake, "certificate-not-trusted"),
        refused("old-tls", noMailAfterTLS, "validation-failure"),
        refused("plain", noMail, "starttls-not-supported"),
        refused("refusing", "ehlo=1 starttls=0/1 quit=1", "starttls-not-supported"),
        // The list is cut at our own name, although the host before it fails (RFC 8461 section 8.4).
        Case(
            recipient: "r@behind.enforce",
            result: .deferred,
            status: "4.7.5",
            sessions: ["expired: \(brokenHandshake)"],
            counted: "sts 0/1 certificate-expired"
        ),
        // Not even connected to (RFC 8461 section 4.1).
        Case(
            recipient: "r@unnamed.enforce",
            result: .deferred,
            status: "4.7.0",
            sessions: [],
            counted: "sts 0/1 validation-failure"
        ),
        Case(recipient: "r@away.enforce", result: .deferred, status: "4.4.1", sessions: [], counted: ""),
        Case(
            recipient: "deferred@valid.enforce",
            result: .deferred,
            status: "4.0.0",
            sessions: ["valid: ehlo=2 starttls=1 mail=1 rcpt=0/1 rset=1 quit=1"],
            counted: "sts 1/0"
        ),
        Case(
            recipient: "refused@valid.enforce",
            result: .returned,
            status: "5.0.0",
            sessions: ["valid: ehlo=2 starttls=1 mail=1 rcpt=0/1 rset=1 quit=1"],
            counted: "sts 1/0"
        ),
        // The last look finds no newer policy.
        Case(
            recipient: "r@expired.enforce",
            age: 6,
            result: .returned,
            status: "5.7.5",
            sessions: ["expired: \(brokenHandshake)"],
            counted: "sts 0/1 certificate-expired"
        ),
    ]

    /// A policy that does not bind, or none.
    private static let free = [
        Case(
            recipient: "r@expired.testing",
            result: .delivered,
            status: "2.0.0",
            sessions: ["expired: \(brokenHandshake)", "expired: ehlo=2 starttls=1 \(taken)"],
            counted: "sts 0/1 certificate-expired"
        ),
        Case(
            recipient: "r@old-tls.testing",
            result: .delivered,
            status: "2.0.0",
            sessions: ["old-tls: ehlo=2 starttls=1 \(taken)"],
            counted: "sts 0/1 validation-failure"
        ),
        Case(
            recipient: "r@plain.testing",
            result: .delivered,
            status: "2.0.0",
            sessions: ["plain: ehlo=1 \(taken)"],
            counted: "sts 0/1 starttls-not-supported",
            isInClear: true
        ),
        Case(
            recipient: "r@unnamed.testing",
            result: .delivered,
            status: "2.0.0",
            sessions: ["valid: ehlo=2 starttls=1 \(taken)"],
            counted: "sts 0/1 validation-failure"
        ),
        Case(
            recipient: "r@untrusted.none",
            result: .delivered,
            status: "2.0.0",
            sessions: ["untrusted: ehlo=2 starttls=1 \(taken)"],
            counted: "no-policy-found 1/0"
        ),
        Case(
            recipient: "r@valid.no",
            result: .delivered,
            status: "2.0.0",
            sessions: ["valid: ehlo=2 starttls=1 \(taken)"],
            counted: "no-policy-found 1/0"
        ),
        Case(
            recipient: "r@plain.no",
            result: .delivered,
            status: "2.0.0",
            sessions: ["plain: ehlo=1 \(taken)"],
            counted: "no-policy-found 0/1 starttls-not-supported",
            isInClear: true
        ),
        Case(
            recipient: "r@implicit.no",
            result: .delivered,
            status: "2.0.0",
            sessions: ["valid: ehlo=2 starttls=1 \(taken)"],
            counted: "no-policy-found 1/0"
        ),
        // Our own name is the best of the MX hosts: what is behind it would lead back to us.
        Case(recipient: "r@loop.no", result: .returned, status: "5.4.6", sessions: [], counted: ""),
        Case(recipient: "r@missing.no", result: .returned, status: "5.1.2", sessions: [], counted: ""),
        Case(recipient: "r@null.no", result: .returned, status: "5.1.10", sessions: [], counted: ""),
    ]

    private static func refused(_ host: String, _ session: String, _ type: String) -> Case {
        Case(
            recipient: "r@\(host).enforce",
            result: .deferred,
            status: "4.7.5",
            sessions: ["\(host): \(session)"],
            counted: "sts 0/1 \(type)"
        )
    }

    @Test(
        .proves(
            "R-APPLY-01",
            "R-APPLY-02",
            "R-APPLY-03",
            "R-APPLY-04",
            "R-APPLY-05",
            "R-APPLY-06",
            "R-APPLY-09",
            "R-APPLY-10",
            "R-APPLY-12",
            "R-MX-05",
            "R-MX-06",
            "R-MX-07"
        ),
        arguments: enforced + free
    )
    func aMailGoesByThePolicy(_ item: Case) async throws {
        let sender = try Sender()
        let delivery = try await sender.send(
            to: item.recipient + ".mta.example",
            age: item.age,
            sessions: item.sessions.count
        )
        let domain = try DomainName(parsing: try #require(item.recipient.split(separator: "@").last) + ".mta.example")
        let counted = try sender.counted(for: domain)
        let isInClear = try await Self.wasInClear(delivery, sender)
        // The log is in order: no other session has come but that of the control.
        #expect(try sender.connections(since: delivery) == item.sessions.count + 1)
        await sender.end()

        let attempt = delivery.attempt
        let seen = "\(attempt.result) \(attempt.status) | \(delivery.sessions.joined(separator: "; ")) | \(counted)"
        print("| \(item.testDescription) | \(seen) | \(isInClear ? "in clear" : "nothing in clear") |")
        #expect(attempt.result == item.result, "\(attempt.logLine)")
        #expect(attempt.status == item.status, "\(attempt.logLine)")
        #expect(delivery.sessions == item.sessions)
        #expect(counted == item.counted)
        #expect(isInClear == item.isInClear)
        // The domain's own address is for domains without MX records alone.
        let asked = try DNSWorld().resolverQueryCount(for: "\(domain)", type: "A")
        #expect((asked > 0) == (item.recipient == "r@implicit.no"))
        if item.status.dropFirst().hasPrefix(".7.") {
            #expect(!delivery.sessions.contains { $0.contains("mail=") }, "no MAIL where a policy is in the way")
        }
    }

    /// Whether the mail's mark is in the capture of all packets. A later mail that goes in clear must be there, or the
    /// capture shows nothing.
    private static func wasInClear(_ delivery: Delivery, _ sender: Sender) async throws -> Bool {
        let control = try await sender.send(to: "control@plain.no.mta.example", sessions: 1)
        let captured = try await sender.world.waiting(for: 1, within: .seconds(10)) {
            try sender.world.hasCaptured("In confidence: \(control.mark)") ? [control.mark] : []
        }
        #expect(captured == [control.mark], "the capture must show what goes in clear")
        return try sender.world.hasCaptured(delivery.mark)
    }

    /// RFC 8461 section 5.1: before the mail is returned, a look for a newer policy; by that the mail goes at once.
    @Test(.proves("R-APPLY-07", "R-APPLY-08")) func aNewerPolicyIsLookedForBeforeAMailIsReturned() async throws {
        let domain = try DomainName(parsing: "recheck.answer.example")
        let dns = try DNSWorld()
        try dns.setText("v=STSv1; id=old;", for: "_mta-sts.\(domain)")
        let store = MemoryPolicyStore()
        let text = "version: STSv1\r\nmode: enforce\r\nmx: *.mx.example\r\nmax_age: 604800\r\n"
        let now = SystemWallClock().now
        let cached = CachedPolicy(
            policy: try STSPolicy(parsing: text),
            recordID: STSRecord.ID("old"),
            fetchedAt: now.advanced(bySeconds: -60),
            lastRequestedAt: now
        )
        _ = store.put(cached, for: domain, replacing: nil)
        let sender = try Sender(store: store, isScripted: true)
        let first = try await sender.send(to: "r@\(domain)", sessions: 1)
        #expect(first.attempt.result == .deferred)
        #expect(first.sessions == ["expired: \(Self.brokenHandshake)"])

        try dns.setText("v=STSv1; id=new;", for: "_mta-sts.\(domain)")
        let last = try await sender.send(to: "r@\(domain)", age: 6, sessions: 3)
        await sender.end()
        let (result, status) = (last.attempt.result, last.attempt.status)
        print("| \(domain), 6 days old | \(result) \(status) | \(last.sessions.joined(separator: "; ")) |")
        #expect(last.attempt.result == .delivered, "\(last.attempt.logLine)")
        #expect(last.attempt.hosts.map(\.outcome) == [.skipped(.policyTLSFailure), .delivered])
        #expect(
            last.sessions == [
                "expired: \(Self.brokenHandshake)", "expired: \(Self.brokenHandshake)",
                "expired: ehlo=2 starttls=1 \(Self.taken)",
            ]
        )
    }
}
