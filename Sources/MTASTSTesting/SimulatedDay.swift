// SPDX-License-Identifier: Apache-2.0

public import MTASTS

/// A day's sessions of an imagined sender, the same for the same numbers: to try what counts, keeps and reports them.
///
/// Its domains have MTA-STS policies of all modes, one that changes at noon, DANE beside MTA-STS, a policy file that
/// cannot be had, or nothing; some of their hosts fail in the ways that reports tell.
public struct SimulatedDay: Sendable {
    /// One session, or the search for a policy.
    public struct Session: Sendable {
        /// The domain of the report.
        public let domain: DomainName
        /// When it was.
        public let moment: UnixTime
        /// Who took part.
        public let peer: SessionPeer
        /// What each policy that applies counts.
        public let results: [(policy: SessionPolicy, mxHosts: [String], result: TLSFinding.Result)]

        /// Counts the session in each entry that it belongs to.
        public func count(into counter: SessionCounter) {
            for entry in results {
                counter.count(
                    entry.result,
                    under: entry.policy,
                    mxHosts: entry.mxHosts,
                    for: domain,
                    peer: peer,
                    at: moment
                )
            }
        }
    }

    /// What a domain's report must come to.
    public struct Totals: Hashable, Sendable {
        /// Successes over all entries.
        public var successful = 0
        /// Failures over all entries.
        public var failed = 0
        /// Failures by their type.
        public var failures: [TLSResultType: Int] = [:]
    }

    /// The day.
    public let day: ReportDay
    /// The domains, in order of their numbers.
    public let domains: [DomainName]
    /// The number of sessions.
    public let sessionCount: Int
    private let seed: UInt64

    /// A day.
    ///
    /// - Parameters:
    ///   - seed: One seed always gives the same day.
    ///   - sessions: The number of sessions; with no fewer than domains each domain has one.
    ///   - domains: The number of domains, at least 1.
    ///   - moment: A moment of the day; by default of 2026-01-01.
    public init(
        seed: UInt64,
        sessions: Int,
        domains: Int,
        at moment: UnixTime = UnixTime(secondsSinceEpoch: 1_767_225_600)
    ) {
        self.seed = seed
        sessionCount = max(0, sessions)
        day = ReportDay(containing: moment)
        self.domains = (0..<max(1, domains)).compactMap { DomainName("d\($0).example") }
    }

    /// Calls `body` with each session, in no order of time.
    public func forEachSession(_ body: (Session) -> Void) {
        var random = SplitMix(state: seed)
        let profiles = domains.enumerated().map { DomainProfile(domain: $1, number: $0) }
        for number in 0..<sessionCount {
            // Every domain once; then those with low numbers more often.
            let index = number < profiles.count ? number : random.below(1 + random.below(profiles.count))
            body(profiles[index].session(on: day, &random))
        }
    }

    /// Counts the day's sessions, one after the other into each counter in turn.
    public func count(into counters: SessionCounter...) {
        guard !counters.isEmpty else { return }
        var number = 0
        forEachSession { session in
            session.count(into: counters[number % counters.count])
            number += 1
        }
    }

    /// What the reports must come to, added up one by one.
    public var totals: [DomainName: Totals] {
        var totals: [DomainName: Totals] = [:]
        forEachSession { session in
            for entry in session.results {
                switch entry.result {
                case .success: totals[session.domain, default: Totals()].successful += 1
                case .failure(let type, _):
                    totals[session.domain, default: Totals()].failed += 1
                    totals[session.domain, default: Totals()].failures[type, default: 0] += 1
                }
            }
        }
        return totals
    }
}

private struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) % UInt64(max(1, bound)))
    }
}

private struct DomainProfile {
    let domain: DomainName
    let number: Int
    private let mxHosts: [String]
    private let policies: [SessionPolicy]
    private let hosts: [SessionPeer]
    private let tlsa: [SessionPolicy]

    private static let records = ["3 1 1 \(String(repeating: "0123456789ABCDEF", count: 4))"]

    init(domain: DomainName, number: Int) {
        self.domain = domain
        self.number = number
        mxHosts = ["*.\(domain)", "mx.backup.example"]
        policies = [604_800, 86_400].map { maxAge in
            let mode = number % 10 == 5 ? "testing" : "enforce"
            let text =
                "version: STSv1\r\nmode: \(mode)\r\nmx: *.\(domain)\r\nmx: mx.backup.example\r\nmax_age: \(maxAge)\r\n"
            return SessionPolicy(type: .sts, domain: domain, text: Array(text.utf8))
        }
        let names = ["mx1.\(domain)", "mx2.\(domain)", "mx.backup.example"].compactMap { DomainName($0) }
        hosts = names.enumerated().map { index, name in
            let address = [UInt8(192), 0, 2, UInt8(truncatingIfNeeded: number * 3 + index)]
            let mapped: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 8) + address
            return SessionPeer(
                mxHost: name,
                helo: "\(name)",
                receivingIP: IPAddress(octets: index == 1 ? mapped : address),
                sendingIP: IPAddress("198.51.100.1")
            )
        }
        tlsa = names.map { SessionPolicy.tlsa(baseDomain: $0, records: Self.records) }
    }

    private static let failures: [(TLSResultType, String?)] = [
        (.startTLSNotSupported, "454 TLS not available"), (.certificateExpired, nil),
        (.certificateHostMismatch, nil), (.certificateNotTrusted, "self-signed certificate"),
        (.validationFailure, "alert handshake_failure"), (.validationFailure, "mta-sts-mx-mismatch"),
    ]

    func session(on day: ReportDay, _ random: inout SplitMix) -> SimulatedDay.Session {
        let second = random.below(86_400)
        let host = random.below(hosts.count)
        // One domain in ten fails often, the others seldom.
        let failure = random.below(number % 10 == 3 ? 2 : 50) == 0 ? Self.failures[random.below(6)] : nil
        let result: TLSFinding.Result = failure.map { .failure($0.0, reason: $0.1) } ?? .success
        let isMorning = second < 43_200
        func session(
            _ results: [(policy: SessionPolicy, mxHosts: [String], result: TLSFinding.Result)],
            peer: SessionPeer
        ) -> SimulatedDay.Session {
            SimulatedDay.Session(
                domain: domain,
                moment: day.start.advanced(bySeconds: Int64(second)),
                peer: peer,
                results: results
            )
        }
        switch number % 10 {
        case 6:
            return session([(.noPolicyFound(domain), [], result)], peer: hosts[host])
        case 7:
            return session([(policies[isMorning ? 0 : 1], mxHosts, result)], peer: hosts[host])
        case 8:
            let dane: TLSFinding.Result =
                random.below(40) == 0 ? .failure(.tlsaInvalid, reason: "all-records-unusable") : .success
            return session([(policies[0], mxHosts, result), (tlsa[host], [], dane)], peer: hosts[host])
        case 9 where random.below(4) == 0:
            let fetch = SessionPolicy(type: .sts, domain: domain)
            return session(
                [(fetch, [], .failure(.stsPolicyFetchError, reason: "http-status-404"))],
                peer: SessionPeer()
            )
        case 9:
            return session([(.noPolicyFound(domain), [], result)], peer: hosts[host])
        default:
            return session([(policies[0], mxHosts, result)], peer: hosts[host])
        }
    }
}
