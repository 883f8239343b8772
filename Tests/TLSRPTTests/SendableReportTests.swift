// SPDX-License-Identifier: Apache-2.0

import STSCore
import Testing
import VectorSupport

@testable import TLSRPT

/// Whatever is counted makes a report that can be sent: one entry without its text must not cost all the others.
@Suite("TLSRPT: what is counted can be sent")
struct SendableReportTests {
    private struct StillClock: WallClock {
        var now: UnixTime { UnixTime(secondsSinceEpoch: 0) }
    }

    private static let sender = Result {
        try ReportSender(
            organizationName: "Sender",
            contactInfo: "tlsrpt@sender.example",
            submitter: DomainName(parsing: "sender.example")
        )
    }

    @Test("Random counts, with buckets that hold what is over the bounds", arguments: 0..<UInt64(20))
    func anyCounts(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let limits =
            seed % 2 == 0
            ? SessionLimits(policies: 2, details: 2) : SessionLimits(policies: 1 + random.below(20), policyOctets: 40)
        let counter = SessionCounter(clock: StillClock(), limits: limits)
        let domains = try ["a.example", "b.example", "mx.b.example"].map { try DomainName(parsing: $0) }
        let types: [TLSResultType] = [
            .stsPolicyFetchError, .stsPolicyInvalid, .tlsaInvalid, .certificateNotTrusted, .validationFailure,
            TLSResultType(rawValue: "new"),
        ]
        for _ in 0..<300 {
            let domain = random.pick(domains)
            let text = "mode: \(random.below(30))\n"
            let policy = random.pick([
                .noPolicyFound(domain), .tlsa(baseDomain: domain),
                .tlsa(baseDomain: domain, records: ["3 1 1 \(random.below(90))"]),
                SessionPolicy(type: .sts, domain: domain, text: Array(text.utf8), isValid: random.once(in: 2)),
            ])
            let peer = SessionPeer(
                mxHost: domain,
                helo: random.pick([nil, "\u{FFFE}x", "mx"]),
                additionalInformation: random.pick([
                    nil, "https://a.example/", "see log", "https://a.example/%4",
                    "https://a.example/" + String(repeating: "%41", count: 100),
                ])
            )
            counter.count(
                random.once(in: 2) ? .success : .failure(random.pick(types), reason: random.pick([nil, "", "r"])),
                under: policy,
                mxHosts: random.once(in: 2) ? [] : ["*.\(domain)"],
                for: domain,
                peer: peer
            )
        }
        let sender = try Self.sender.get()
        let day = ReportDay(containing: StillClock().now)
        let reports = counter.drain().reports(for: day, from: sender)
        #expect(reports.count == domains.count)
        for (domain, report) in reports {
            #expect(throws: Never.self) {
                try PreparedReport(report, about: domain, compression: nil, date: StillClock().now)
            }
        }
    }
}
