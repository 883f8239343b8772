// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TLSRPT

extension RolloutAdvisor {
    /// What the reports so far say.
    public func advice() -> RolloutAdvice {
        let found = obstacles.map { obstacle($0.key, $0.value) }.sorted(by: Self.isMoreUrgent)
        let stands = found.contains { $0.standing == .stands && $0.effect == .stopsMail }
        let gaps = gaps
        let range = days.min().flatMap { first in days.max().map { first...$0 } }
        return RolloutAdvice(
            // A failure that stands is reason enough, however few the reports are.
            verdict: stands ? .wouldStopMail : gaps.isEmpty ? .safe : .tooFewReports,
            gaps: gaps,
            days: days.count,
            range: range,
            sessions: senders.values.reduce(0) { $0.plus($1.sessions) },
            stoppedSessions: stoppedSessions,
            unnamedFailures: unnamedFailures,
            obstacles: found,
            senders: sortedSenders(),
            mxHosts: sortedMXHosts()
        )
    }

    private var gaps: [RolloutAdvice.Gap] {
        RolloutAdvice.Gap.allCases.filter { gap in
            switch gap {
            case .days: days.count < options.daysNeeded
            case .successes: keptSessions == 0
            case .recentReports:
                // Certificates expire and MX hosts change: what was well long ago says nothing of today.
                days.max().map { today.daysSinceEpoch - $0.daysSinceEpoch > options.maximumAge } ?? false
            }
        }
    }

    private func obstacle(_ key: ObstacleKey, _ tally: ObstacleTally) -> RolloutAdvice.Obstacle {
        let standing = standing(of: key, tally)
        return RolloutAdvice.Obstacle(
            resultType: key.resultType,
            mxHost: key.mxHost,
            reasons: tally.reasons.sorted(),
            sessions: tally.sessions,
            senders: tally.senders.keys.sorted(),
            lastSeen: tally.lastSeen,
            effect: key.effect,
            standing: standing,
            remedy: remedy(key, tally, standing)
        )
    }

    /// Whether the published policy matches the MX host; nil if there is no name of a host.
    private func isInPolicy(_ mxHost: String?) -> Bool? {
        mxHost.flatMap { DomainName($0) }.map { policy.matches($0) }
    }

    private func standing(of key: ObstacleKey, _ tally: ObstacleTally) -> RolloutAdvice.Obstacle.Standing {
        if key.isNameMismatch, isInPolicy(key.mxHost) == true { return .settledByPolicy }
        // A sender that saw it must itself have reported long enough without it: another's reports prove nothing.
        let isPast = tally.senders.allSatisfy { name, lastSeen in
            guard let lastDay = senders[name]?.lastDay else { return false }
            return lastDay.daysSinceEpoch - lastSeen.daysSinceEpoch >= options.recentDays
        }
        return isPast && !tally.hasUnlistedSenders ? .notSeenLately : .stands
    }

    private static func isMoreUrgent(_ lhs: RolloutAdvice.Obstacle, _ rhs: RolloutAdvice.Obstacle) -> Bool {
        func rank(_ obstacle: RolloutAdvice.Obstacle) -> Int {
            switch (obstacle.standing, obstacle.effect) {
            case (.stands, .stopsMail): 0
            case (.stands, .leavesMailUnprotected): 1
            case (.notSeenLately, _): 2
            case (.settledByPolicy, _): 3
            }
        }
        if rank(lhs) != rank(rhs) { return rank(lhs) < rank(rhs) }
        if lhs.sessions != rhs.sessions { return lhs.sessions > rhs.sessions }
        let (left, right) = (lhs.mxHost ?? "", rhs.mxHost ?? "")
        if left != right { return left < right }
        let (first, second) = (lhs.resultType?.rawValue ?? "", rhs.resultType?.rawValue ?? "")
        // Two of one host and type differ in whether the name matched, and so in what is to be done.
        return first != second ? first < second : lhs.remedy < rhs.remedy
    }

    private func sortedSenders() -> [RolloutAdvice.Sender] {
        senders.map { name, tally in
            RolloutAdvice.Sender(
                name: name,
                sessions: tally.sessions,
                stoppedSessions: tally.stoppedSessions,
                sessionsWithoutPolicy: tally.sessionsWithoutPolicy
            )
        }.sorted { lhs, rhs in
            if lhs.stoppedSessions != rhs.stoppedSessions { return lhs.stoppedSessions > rhs.stoppedSessions }
            return lhs.sessions != rhs.sessions ? lhs.sessions > rhs.sessions : lhs.name < rhs.name
        }
    }

    private func sortedMXHosts() -> [RolloutAdvice.MXHost] {
        var sessions: [String: Int] = [:]
        for (key, tally) in obstacles where key.effect == .stopsMail {
            guard let host = key.mxHost else { continue }
            sessions[host] = (sessions[host] ?? 0).plus(tally.sessions)
        }
        return sessions.map { host, count in
            RolloutAdvice.MXHost(name: host, stoppedSessions: count, isInPolicy: isInPolicy(host) ?? false)
        }.sorted { lhs, rhs in
            lhs.stoppedSessions != rhs.stoppedSessions ? lhs.stoppedSessions > rhs.stoppedSessions : lhs.name < rhs.name
        }
    }
}

extension RolloutAdvisor {
    private func remedy(
        _ key: ObstacleKey,
        _ tally: ObstacleTally,
        _ standing: RolloutAdvice.Obstacle.Standing
    ) -> String {
        switch standing {
        case .settledByPolicy: "nothing: the published policy names this host"
        case .notSeenLately: "nothing, if it was mended: no report of the last days has it"
        case .stands where key.effect == .stopsMail && isInPolicy(key.mxHost) == false:
            // Whatever else is wrong with it, no sender may use this host in mode enforce.
            "add a line mx: \(key.mxHost ?? "") to the policy, or take the host out of the MX records"
        case .stands: remedyOfStanding(key, tally)
        }
    }

    private func remedyOfStanding(_ key: ObstacleKey, _ tally: ObstacleTally) -> String {
        let host = key.mxHost ?? "the MX host"
        switch key.resultType {
        case .startTLSNotSupported?: return "offer STARTTLS on \(host), with a certificate for its name"
        case .certificateHostMismatch?:
            return "give \(host) a certificate that names it; a common name alone does not count (RFC 8461 section 4.2)"
        case .certificateExpired?: return "renew the certificate of \(host), and see that renewal works by itself"
        case .certificateNotTrusted?:
            return "let \(host) serve a certificate of a public authority with its whole chain"
        case .stsPolicyFetchError?:
            return "let https://mta-sts.\(policyDomain)/.well-known/mta-sts.txt answer 200 and text/plain, no redirect"
        case .stsPolicyInvalid?: return "mend the policy file: mta-sts lint policy tells what is wrong with it"
        case .stsWebPKIInvalid?: return "give mta-sts.\(policyDomain) a valid certificate for that name"
        case .validationFailure? where tally.senders.count == 1:
            return "look at the TLS versions and logs of \(host); one sender alone sees it, which may be its own fault"
        case .validationFailure?: return "look at the TLS versions and logs of \(host); the reasons tell more"
        case let type?: return "look up the result type \(type) in the IANA registry SMTP TLSRPT Result Types"
        case nil: return "ask the senders: they count these failures without telling their kind"
        }
    }
}
