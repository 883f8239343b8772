// SPDX-License-Identifier: Apache-2.0

import STSCore
import Testing
import VectorSupport

@testable import TLSRPT

private struct StillClock: WallClock {
    var now: UnixTime { UnixTime(secondsSinceEpoch: 0) }
}

/// One session as a test invents it.
private struct Invented {
    var domain: DomainName
    var policy: SessionPolicy
    var mxHosts: [String]
    var result: TLSFinding.Result
    var peer: SessionPeer
    var moment: UnixTime

    init(_ random: inout SeededGenerator) throws {
        domain = try DomainName(
            parsing: random.pick(["a.example", "b.example", "b-c.example", "xn--bcher-kva.example"])
        )
        moment = UnixTime(secondsSinceEpoch: Int64(random.below(3 * 86_400)))
        let text = random.once(in: 3) ? random.octets(below: 40) : Array("mode: enforce\nmx: -\n%\n".utf8)
        let type = random.pick([TLSPolicyType.sts, .tlsa, .noPolicyFound])
        policy = SessionPolicy(type: type, domain: domain, text: text, isValid: !random.once(in: 4))
        mxHosts = policy.isValid ? ["*.\(domain)", "-"] : []
        peer = SessionPeer(
            mxHost: random.once(in: 3) ? nil : domain,
            helo: random.pick([nil, "-", "a b%", "é", String(repeating: "x", count: 300)]),
            receivingIP: random.pick([nil, IPAddress("2001:db8::1"), IPAddress("192.0.2.9")]),
            sendingIP: random.pick([nil, IPAddress("192.0.2.1")]),
            additionalInformation: random.pick([
                nil, "https://a.example/?x=%20", "the log", "x:" + String(repeating: "%41", count: 99),
            ])
        )
        let type2 = random.pick([
            TLSResultType.startTLSNotSupported, .validationFailure, TLSResultType(rawValue: "new"),
        ])
        let reason = random.pick([nil, "", "alert 40", "\u{7}", "-"] as [String?])
        result = random.once(in: 2) ? .success : .failure(type2, reason: reason)
    }

    func count(into counter: SessionCounter) {
        counter.count(result, under: policy, mxHosts: mxHosts, for: domain, peer: peer, at: moment)
    }
}

@Suite("Tallies of sessions")
struct SessionTallyTests {
    private struct Place: Hashable {
        let day: ReportDay
        let domain: DomainName
    }

    private func naive(_ sessions: [Invented]) -> [Place: SessionTotals] {
        var totals: [Place: SessionTotals] = [:]
        for session in sessions {
            let place = Place(day: ReportDay(containing: session.moment), domain: session.domain)
            let one = session.result == .success ? SessionTotals(successful: 1) : SessionTotals(failed: 1)
            totals[place, default: SessionTotals()].add(one)
        }
        return totals
    }

    private func totals(_ tally: SessionTally) -> [Place: SessionTotals] {
        var totals: [Place: SessionTotals] = [:]
        for day in tally.reportDays {
            for domain in tally.domains(on: day) {
                totals[Place(day: day, domain: domain)] = tally.totals(of: domain, on: day)
            }
        }
        return totals
    }

    @Test(
        "However sessions are split into counters, drains and texts, the totals are theirs",
        arguments: 0..<40 as Range<UInt64>
    )
    func anySplit(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        // Every other time bounds are reached as well.
        let limits = seed % 2 == 0 ? SessionLimits(policies: 1_000) : SessionLimits(policies: 2, details: 3)
        let sessions = try (0..<400).map { _ in try Invented(&random) }
        let counters = (0..<3).map { _ in SessionCounter(clock: StillClock(), limits: limits) }
        var parts: [SessionTally] = []
        for session in sessions {
            let counter = random.pick(counters)
            session.count(into: counter)
            if random.once(in: 20) {
                let drained = counter.drain()
                if random.once(in: 3) { counter.restore(drained) } else { parts.append(drained) }
            }
        }
        parts += counters.map { $0.drain() }
        var forward = SessionTally(limits: limits)
        for part in parts {
            let reading = SessionTally.read(part.text, limits: limits)
            #expect(reading.damagedLineCount == 0)
            #expect(totals(reading.tally) == totals(part))
            forward.merge(reading.tally)
        }
        var backward = SessionTally(limits: limits)
        for part in parts.reversed() { backward.merge(part) }
        #expect(totals(forward) == naive(sessions))
        #expect(totals(backward) == naive(sessions))
        if seed % 2 == 0 {
            let isSame = forward == backward
            #expect(isSame)
            let whole = SessionCounter(clock: StillClock(), limits: limits)
            for session in sessions { session.count(into: whole) }
            let isWhole = whole.drain().text == forward.text
            #expect(isWhole)
        }
        for day in forward.reportDays {
            for domain in forward.domains(on: day) {
                let policies = forward.days[day]?[domain]?.policies ?? []
                #expect(policies.count <= limits.policies + DomainTally.maximumMergedTypes)
                #expect(
                    policies.allSatisfy { $0.failures.count <= limits.details + FailureKind.maximumMergedTypes + 1 }
                )
            }
        }
    }

    @Test(
        "Nothing that is counted keeps a report from being sent",
        arguments: 0..<20 as Range<UInt64>
    )
    func sendable(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        // All bounds are reached, so that there are merged entries.
        let limits = SessionLimits(policies: 2, details: 3, policyOctets: 200)
        let counter = SessionCounter(clock: StillClock(), limits: limits)
        for _ in 0..<400 { try Invented(&random).count(into: counter) }
        let sender = try ReportSender(organizationName: "Sender", contactInfo: "tls@sender.example")
        let tally = counter.drain()
        for day in tally.reportDays {
            for report in tally.reports(for: day, from: sender).values {
                #expect(
                    !report.faultsForSending.contains {
                        $0.code.isBlocking || $0.code == .superfluous || $0.code == .notAURI
                    }
                )
            }
        }
    }

    @Test("Merging is associative in the totals", arguments: 0..<20 as Range<UInt64>)
    func associative(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let limits = SessionLimits(domains: 3, policies: 1, details: 1)
        let parts = try (0..<3).map { _ in
            let counter = SessionCounter(clock: StillClock(), limits: limits)
            for _ in 0..<50 { try Invented(&random).count(into: counter) }
            return counter.drain()
        }
        var left = parts[0]
        left.merge(parts[1])
        left.merge(parts[2])
        var inner = parts[1]
        inner.merge(parts[2])
        var right = parts[0]
        right.merge(inner)
        #expect(left.totals == right.totals)
        #expect(left.totals.all == 150)
    }

    @Test("A torn last line is named and costs no other line", arguments: [1, 2, 20, 100])
    func torn(count: Int) throws {
        var random = SeededGenerator(seed: 7)
        let counter = SessionCounter(clock: StillClock())
        for _ in 0..<200 { try Invented(&random).count(into: counter) }
        let text = counter.drain().text
        let reading = SessionTally.read(Array(text.dropLast(count)))
        #expect(reading.damagedLineCount == 1)
        #expect(reading.damagedLines.first?.reason == "the line has no end")
        let lines = text.split(separator: 0x0A)
        #expect(reading.damagedLines.first?.number == lines.count)
        #expect(SessionTally.read(lines.dropLast().flatMap { $0 + [0x0A] }).tally == reading.tally)
        #expect(!reading.tally.isEmpty)
    }

    @Test("Damaged lines are never taken for good ones", arguments: 0..<2_000 as Range<UInt64>)
    func mutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let counter = SessionCounter(clock: StillClock())
        try Invented(&random).count(into: counter)
        let text = counter.drain().text
        let damaged = random.mutation(of: text)
        let reading = SessionTally.read(damaged)
        // A line that is kept is one of the lines there were.
        if !reading.tally.isEmpty { #expect(reading.tally.text == text) }
        if damaged != text, reading.tally.isEmpty, !damaged.isEmpty { #expect(reading.damagedLineCount > 0) }
    }

    @Test("A domain with very much to say takes several lines, each within the bound")
    func longLines() throws {
        let counter = SessionCounter(clock: StillClock())
        let domain = try DomainName(parsing: "a.example")
        for policy in 0..<8 {
            let text = [UInt8](repeating: UInt8(policy), count: 65_536)
            for host in 0..<64 {
                let helo = String(repeating: "é", count: 120) + "\(host)"
                counter.count(
                    .failure(.validationFailure, reason: helo),
                    under: SessionPolicy(type: .sts, domain: domain, text: text),
                    for: domain,
                    peer: SessionPeer(helo: helo)
                )
            }
        }
        let tally = counter.drain()
        let lines = tally.text.split(separator: 0x0A)
        #expect(lines.count > 1)
        #expect(lines.allSatisfy { $0.count <= TallyLine.maximumOctets })
        #expect(SessionTally.read(tally.text).tally == tally)
    }

    @Test("Dates", arguments: ["2026-11-25", "1970-01-01", "2000-02-29", "0000-01-01", "0000-03-01", "9999-12-31"])
    func dates(text: String) throws {
        #expect(try #require(ReportDay(text)).description == text)
    }

    @Test("No dates", arguments: ["2026-02-29", "2026-13-01", "2026-00-10", "26-1-1", "2026-01-0a", "", "2026-01-01-"])
    func noDates(text: String) { #expect(ReportDay(text) == nil) }
}
