// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import Testing
import VectorSupport

@testable import TLSRPT

private struct NoonClock: WallClock {
    var now: UnixTime { UnixTime(secondsSinceEpoch: 1_767_268_800) }
}

private let today = ReportDay(containing: NoonClock().now)

private func name(_ text: String) throws -> DomainName { try DomainName(parsing: text) }

private func sts(_ domain: DomainName, _ mode: String = "enforce") -> SessionPolicy {
    SessionPolicy(type: .sts, domain: domain, text: Array("version: STSv1\r\nmode: \(mode)\r\nmx: *.a\r\n".utf8))
}

@Suite("Counting sessions")
struct SessionCounterTests {
    private func sender() throws -> ReportSender {
        try ReportSender(organizationName: "Sender", contactInfo: "tls@sender.example")
    }

    @Test(
        "A failure that comes a hundred times is one detail with the number 100 (R-JSON-23)",
        .proves("R-JSON-15", "R-JSON-16", "R-JSON-18", "R-JSON-19", "R-JSON-23", "R-JSON-08", "R-JSON-10")
    )
    func oneDetail() throws {
        let counter = SessionCounter(clock: NoonClock())
        let domain = try name("a.example")
        let peer = SessionPeer(
            mxHost: try name("mx.a.example"),
            helo: "mx.a.example",
            receivingIP: IPAddress("2001:DB8::01"),
            sendingIP: IPAddress("192.0.2.1")
        )
        for _ in 0..<100 {
            counter.count(
                .failure(.certificateExpired, reason: nil),
                under: sts(domain),
                mxHosts: ["*.a"],
                for: domain,
                peer: peer
            )
        }
        let report = try #require(counter.drain().report(for: today, domain: domain, from: sender()))
        let entry = try #require(report.policies.first)
        #expect(report.policies.count == 1)
        #expect(entry.policy.lines == ["version: STSv1", "mode: enforce", "mx: *.a"])
        #expect(entry.policy.mxHosts == ["*.a"])
        #expect(entry.policy.domain == "a.example")
        #expect(entry.summary == TLSReport.Summary(successfulSessions: 0, failedSessions: 100))
        let detail = TLSReport.FailureDetail(
            resultType: .certificateExpired,
            sendingMTAIP: "192.0.2.1",
            receivingMXHostname: "mx.a.example",
            receivingMXHelo: "mx.a.example",
            receivingIP: "2001:db8::1",
            failedSessions: 100,
            failureReasonCode: "certificate-has-expired"
        )
        #expect(entry.failureDetails == [detail])
        #expect(report.reportID == "2026-01-01.a.example@sender.example")
        #expect(report.dateRange == TLSReport.DateRange(today))
    }

    @Test(
        "A policy that changes is another entry (R-JSON-23), a day another report (R-JSON-25)",
        .proves("R-JSON-23", "R-JSON-25")
    )
    func keys() throws {
        let counter = SessionCounter(clock: NoonClock())
        let domain = try name("a.example")
        let last = today.end
        counter.count(.success, under: sts(domain), for: domain, at: last)
        counter.count(.success, under: sts(domain, "testing"), for: domain, at: last)
        counter.count(.success, under: sts(domain), for: domain, at: last.advanced(bySeconds: 1))
        let tally = counter.drain()
        #expect(tally.reportDays == [today, today.next])
        #expect(tally.report(for: today, domain: domain, from: try sender())?.policies.count == 2)
        #expect(tally.report(for: today.next, domain: domain, from: try sender())?.policies.count == 1)
    }

    @Test("No sessions make no report, successes alone make one (R-JSON-26)", .proves("R-JSON-26"))
    func heartbeat() throws {
        let counter = SessionCounter(clock: NoonClock())
        let domain = try name("a.example")
        #expect(counter.drain().report(for: today, domain: domain, from: try sender()) == nil)
        counter.count(.success, under: .noPolicyFound(domain), for: domain)
        let tally = counter.drain()
        let entry = try #require(tally.report(for: today, domain: domain, from: try sender())?.policies.first)
        #expect(entry.policy == TLSReport.Policy(type: .noPolicyFound, domain: "a.example"))
        #expect(entry.summary.successfulSessions == 1)
        #expect(entry.failureDetails.isEmpty)
        #expect(counter.drain().isEmpty)
    }

    @Test("Text from outside is cut and cleaned (R-JSON-17)", .proves("R-JSON-17"))
    func remoteText() throws {
        let counter = SessionCounter(clock: NoonClock())
        let domain = try name("a.example")
        let helo = "mx\u{0}\u{1B}[31m\u{FFFE}" + String(repeating: "é", count: 4_096)
        counter.count(
            .failure(.validationFailure, reason: "\r\n"),
            under: .noPolicyFound(domain),
            for: domain,
            peer: SessionPeer(helo: helo)
        )
        let report = try #require(counter.drain().report(for: today, domain: domain, from: sender()))
        let detail = try #require(report.policies.first?.failureDetails.first)
        let told = try #require(detail.receivingMXHelo)
        #expect(told.hasPrefix("mx[31mé") && told.utf8.count == 254 && told.hasSuffix("é"))
        #expect(detail.failureReasonCode == "unspecified")
    }

    @Test(
        "A result type of which nothing is left is one of section 4.3",
        .proves("R-JSON-14"),
        arguments: ["", "\u{1}\n"]
    )
    func emptyResultType(text: String) throws {
        let counter = SessionCounter(clock: NoonClock())
        let domain = try name("a.example")
        counter.count(.failure(TLSResultType(rawValue: text), reason: "x"), under: .noPolicyFound(domain), for: domain)
        let report = try #require(counter.drain().report(for: today, domain: domain, from: sender()))
        #expect(report.policies.first?.failureDetails.first?.resultType == .validationFailure)
    }

    @Test(
        "An invalid policy is told in whole lines of at most 4 KiB, octets outside UTF-8 replaced",
        .proves("R-POL-17", "R-JSON-08")
    )
    func invalidText() throws {
        let domain = try name("a.example")
        let line = Array("mx: \u{7F}".utf8) + [0xFF, 0x0A]
        let text = Array(repeating: line, count: 1_000).flatMap(\.self)
        let policy = SessionPolicy(type: .sts, domain: domain, text: text, isValid: false)
        #expect(policy.text.count == 4_096 / line.count * line.count)
        #expect(Set(policy.lines) == ["mx: \u{7F}\u{FFFD}"])
        #expect(
            SessionPolicy(type: .sts, domain: domain, text: Array(repeating: 0x61, count: 5_000), isValid: false).text
                == []
        )
        let mixed = SessionPolicy(type: .sts, domain: domain, text: Array("a\n\nb\r\rc\r\n\u{FFFF}d\n\n".utf8))
        #expect(mixed.lines == ["a", "", "b\r\rc", "\u{FFFD}d"])
    }

    @Test("At the bounds detail is lost and no session is")
    func bounds() throws {
        let limits = SessionLimits(domains: 10, policies: 3, details: 4)
        let counter = SessionCounter(clock: NoonClock(), limits: limits)
        for number in 0..<2_000 {
            let domain = try name("d\(number % 20).example")
            let policy = SessionPolicy(type: .sts, domain: domain, text: Array("mode: \(number / 20)\n".utf8))
            let type = TLSResultType(rawValue: "type-\(number / 20 % 40)")
            let peer = SessionPeer(helo: "host-\(number)")
            counter.count(.failure(type, reason: "\(number)"), under: policy, for: domain, peer: peer)
            counter.count(.success, under: policy, for: domain, peer: peer)
        }
        #expect(counter.heldDomains == 10)
        #expect(counter.overflowingSessions == 2_000)
        let tally = counter.drain()
        #expect(counter.heldDomains == 0)
        #expect(tally.totals == SessionTotals(successful: 2_000, failed: 2_000))
        #expect(tally.overflow(on: today) == SessionTotals(successful: 1_000, failed: 1_000))
        for domain in tally.domains(on: today) {
            let report = try #require(tally.report(for: today, domain: domain, from: sender()))
            #expect(report.policies.count == 4)
            let merged = try #require(report.policies.first)
            #expect(merged.policy == TLSReport.Policy(type: .sts, domain: domain.description))
            #expect(merged.summary == TLSReport.Summary(successfulSessions: 97, failedSessions: 97))
            #expect(merged.failureDetails.count <= 4 + FailureKind.maximumMergedTypes + 1)
            #expect(merged.failureDetails.reduce(0) { $0 + $1.failedSessions } == 97)
            let rest = merged.failureDetails.filter { $0.resultType == .validationFailure }
            #expect(rest.allSatisfy { $0.receivingMXHelo == nil && $0.failureReasonCode != nil } && !rest.isEmpty)
        }
    }

    @Test("Policy texts have a bound of their own, which a drain frees")
    func policyOctets() throws {
        let limits = SessionLimits(policyOctets: 1_000)
        let counter = SessionCounter(clock: NoonClock(), limits: limits)
        for _ in 0..<2 {
            for number in 0..<4 {
                let domain = try name("d\(number).example")
                let text = [UInt8](repeating: 0x61 + UInt8(number), count: 400)
                for _ in 0..<3 {
                    counter.count(.success, under: SessionPolicy(type: .sts, domain: domain, text: text), for: domain)
                }
            }
            let tally = counter.drain()
            let texts = (0..<4).compactMap {
                tally.days[today]?[DomainName("d\($0).example")!]?.policies.map(\.entry.policy.text.count)
            }
            #expect(texts == [[400], [400], [0], [0]])
            #expect(tally.totals.successful == 12)
        }
    }

    @Test("MX patterns belong to the octets of a policy")
    func patternOctets() throws {
        let limits = SessionLimits(policyOctets: 1_000)
        let counter = SessionCounter(clock: NoonClock(), limits: limits)
        let patterns = (0..<30).map { "mx-\($0).example.com" }
        for number in 0..<4 {
            let domain = try name("d\(number).example")
            counter.count(.success, under: sts(domain), mxHosts: patterns, for: domain)
        }
        let tally = counter.drain()
        let held = try (0..<4).map { number in
            try #require(tally.report(for: today, domain: name("d\(number).example"), from: sender())).policies[0]
        }
        #expect(held.map(\.policy.mxHosts.count) == [30, 0, 0, 0])
        #expect(tally.totals.successful == 4)
        // A drain frees them.
        let domain = try name("d9.example")
        counter.count(.success, under: sts(domain), mxHosts: patterns, for: domain)
        #expect(
            counter.drain().report(for: today, domain: domain, from: try sender())?.policies[0].policy.mxHosts
                == patterns
        )
    }

    @Test("More about a failure is a URI as a whole, or is left out")
    func additionalInformation() throws {
        let long = "https://a.example/" + String(repeating: "%41", count: 100)
        for (given, told) in [
            ("https://a.example/%41", "https://a.example/%41"), (long, nil), ("no URI", nil), ("see the log", nil),
            ("", nil),
        ] {
            let counter = SessionCounter(clock: NoonClock())
            let domain = try name("a.example")
            counter.count(
                .failure(.validationFailure, reason: "r"),
                under: .noPolicyFound(domain),
                for: domain,
                peer: SessionPeer(additionalInformation: given)
            )
            let report = try #require(counter.drain().report(for: today, domain: domain, from: sender()))
            #expect(report.policies[0].failureDetails[0].additionalInformation == told)
            #expect(report.faultsForSending.isEmpty)
        }
    }

    @Test("A policy type's name is held within bounds")
    func longType() throws {
        let counter = SessionCounter(clock: NoonClock())
        let domain = try name("a.example")
        let type = TLSPolicyType(rawValue: String(repeating: "x", count: 2 << 20))
        for _ in 0..<2 { counter.count(.success, under: SessionPolicy(type: type, domain: domain), for: domain) }
        let tally = counter.drain()
        let reading = SessionTally.read(tally.text)
        #expect(reading.damagedLineCount == 0)
        #expect(reading.tally == tally && tally.totals.successful == 2)
    }

    @Test("A policy type is judged by what is kept of its name")
    func typeWithControlCharacter() throws {
        let domain = try name("a.example")
        let type = TLSPolicyType(rawValue: "no-policy-foun\u{10}d")
        let policy = SessionPolicy(type: type, domain: domain, text: Array("version: STSv1".utf8))
        #expect(policy == .noPolicyFound(domain))
    }

    @Test("Reports of a submitter have names of their own")
    func reportIDs() throws {
        let plain = try ReportSender(organizationName: "o", contactInfo: "a@s.example")
        let net = try ReportSender(organizationName: "o", contactInfo: "a@s.example", instance: "net")
        let two = try ReportSender(organizationName: "o", contactInfo: "a@s.example", instance: "2")
        var ids: Set<String> = []
        for sender in [plain, net, two] {
            for domain in ["example", "example.net", "2.example"] {
                for part in 1...3 { ids.insert(sender.reportID(for: today, domain: try name(domain), part: part)) }
            }
        }
        #expect(ids.count == 27)
    }

    @Test("Numbers stay at the greatest that JSON can hold")
    func saturation() {
        var totals = SessionTotals(successful: .max, failed: -1)
        #expect(totals == SessionTotals(successful: 9_007_199_254_740_991))
        totals.add(SessionTotals(successful: 1, failed: 2))
        #expect(totals == SessionTotals(successful: 9_007_199_254_740_991, failed: 2))
        #expect(totals.all == 9_007_199_254_740_991)
    }

    @Test("A sender must be one that a report can name", .proves("R-JSON-04", "R-JSON-05"))
    func senders() throws {
        let sender = try ReportSender(organizationName: "Ä", contactInfo: "a.b@S.example", instance: "mx-1")
        #expect(sender.submitter.description == "s.example")
        #expect(sender.reportID(for: today, domain: try name("a.b")) == "2026-01-01.a.b+mx-1@s.example")
        for (organization, contact, instance, fault) in [
            ("", "a@b.example", nil, .organizationName), ("a\u{0}", "a@b.example", nil, .organizationName),
            ("o", "b.example", nil, .contactInfo), ("o", "mailto:a@b.example c@d.example", nil, .contactInfo),
            ("o", "a@[192.0.2.1]", nil, .contactInfo), ("o", "a@b.example", "a b", .instance),
            ("o", "a@b.example", "", .instance),
            // What no mail could be sent from (RFC 5321 section 4.5.3.1.1) is told at once, not with the first report.
            ("o", String(repeating: "a", count: 65) + "@b.example", nil, .contactInfo),
        ] as [(String, String, String?, ReportSender.Fault)] {
            #expect(throws: fault) {
                try ReportSender(organizationName: organization, contactInfo: contact, instance: instance)
            }
        }
        #expect(throws: ReportSender.Fault.submitter) {
            try ReportSender(organizationName: "o", contactInfo: "a@b.example", submitter: try name("c.example"))
        }
    }
}
