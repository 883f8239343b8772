// SPDX-License-Identifier: Apache-2.0

import MTASTS

// What the policy and its host mean to the domain's owner.
extension DomainReport {
    private static let daysBeforeExpiry: Int64 = 14
    private static let longTestingDays: Int64 = 90

    mutating func judgePolicy(now: UnixTime) {
        switch policy {
        case .notAsked: break
        case .unknown(let reason): unknowns.append("the policy: \(reason)")
        case .known(let facts):
            if let body = facts.body { diagnose(body) }
            if let failure = facts.failure { judge(failure, now: now) }
            if let policy = facts.policy { judgeMode(policy.mode, now: now) }
        }
    }

    private mutating func diagnose(_ body: [UInt8]) {
        for finding in STSPolicy.diagnose(body).findings {
            findings.append(
                CheckFinding(
                    finding.rule.rawValue,
                    Severity(finding.severity),
                    .policy,
                    finding.message,
                    line: finding.line,
                    column: finding.column
                )
            )
        }
    }

    private mutating func judge(_ failure: PolicyFailure, now: UnixTime) {
        guard case .fetch(let fetch) = failure else { return add("policy-fetch", .error, .policyHost, "\(failure)") }
        switch fetch.cause {
        case .invalidPolicy: break  // the diagnosis has told it
        case .transport(.certificate(let reason)):
            add("policy-host-certificate", .error, .policyHost, certificateFault(reason, now: now))
        case .transport(.connection) where isRefusedByGuard:
            add(
                "policy-host-not-public",
                .error,
                .policyHost,
                "\(host) has no public address, so senders on the Internet find no policy. "
                    + "To look at it all the same, use --allow-private-addresses."
            )
        case .transport(.connection):
            addFetch(fetch, "Senders reach it by TLS 1.2 or later on port 443 only.")
        case .transport(.tooLarge): addFetch(fetch, "Serve the policy file alone.")
        case .transport(.incomplete), .transport(.deadline): addFetch(fetch, "Repair the web server.")
        case .status(300...399): addFetch(fetch, "Serve the file itself, without a redirect.")
        case .status: addFetch(fetch, "Serve the file at https://\(host)\(PolicyRequest.path).")
        case .mediaType: addFetch(fetch, "Have the web server send \"Content-Type: text/plain\".")
        case .contentEncoding: addFetch(fetch, "Do not compress the file unless the client asks for it.")
        default: addFetch(fetch, "")
        }
    }

    /// Whether the connection came to nothing since no address may be connected to.
    private var isRefusedByGuard: Bool {
        guard let addresses = policyHostAddresses.value, !addresses.isEmpty else { return false }
        return policy.value?.wasKeptFromConnecting == true && !addresses.contains(where: \.isPublic)
    }

    private var host: String { domain?.policyHost?.description ?? "" }

    private mutating func addFetch(_ failure: FetchFailure, _ advice: String) {
        let text = SafeText.of("\(failure)")
        let sentence = text.prefix(1).uppercased() + text.dropFirst()
        add("policy-fetch", .error, .policyHost, advice.isEmpty ? sentence + "." : "\(sentence). \(advice)")
    }

    private func certificateFault(_ reason: String, now: UnixTime) -> String {
        guard let facts = certificate.value else {
            return "The certificate of \(host) is not valid: \(SafeText.of(reason)). Senders refuse the policy."
        }
        if facts.notAfter < now {
            return "The certificate of \(host) expired on \(DayText.of(facts.notAfter)). Renew it."
        }
        if facts.notBefore > now {
            return "The certificate of \(host) is not valid before \(DayText.of(facts.notBefore)). Get another."
        }
        if let name = domain?.policyHost, !name.matchesAnyPresentedIdentifier(facts.dnsIDs) {
            let names = facts.dnsIDs.prefix(5).map { SafeText.of($0, limit: 80) }.joined(separator: ", ")
            guard !names.isEmpty else {
                return "The certificate has no DNS name (a common name does not count). Get one for \(host)."
            }
            return "The certificate names \(names), not \(host). Get one with this name in subjectAltName."
        }
        let hint =
            facts.chainLength == 1
            ? "The server sends one certificate: it is self-signed, or the intermediate is missing."
            : "The server sends \(facts.chainLength) certificates."
        return "The certificate of \(host) leads to no root that is trusted here. \(hint) Senders refuse the policy."
    }

    mutating func judgeCertificate(now: UnixTime) {
        guard policy.value?.policy != nil, let facts = certificate.value else { return }
        let days = facts.notAfter.seconds(since: now) / 86_400
        guard days < Self.daysBeforeExpiry else { return }
        add(
            "certificate-expires-soon",
            .warning,
            .policyHost,
            "The certificate of \(host) expires on \(DayText.of(facts.notAfter)), in \(days) days. Renew it in time."
        )
    }

    private mutating func judgeMode(_ mode: STSPolicy.Mode, now: UnixTime) {
        switch mode {
        case .enforce: break
        case .none:
            add("mode-none", .note, .policy, "Mode none: the policy is withdrawn, and senders check nothing.")
        case .testing:
            if let days = daysSinceID(now: now), days > Self.longTestingDays {
                add(
                    "mode-testing-long",
                    .warning,
                    .policy,
                    "Mode testing protects no mail, and the record's id looks like a date \(days) days ago. "
                        + "If the TLS reports are clean, go to mode enforce and change the id."
                )
            } else {
                add(
                    "mode-testing",
                    .note,
                    .policy,
                    "Mode testing protects no mail. Once the TLS reports are clean, go to mode enforce."
                )
            }
        }
    }

    /// The days since the date that many owners write into the id. It is a guess: an id means nothing to a sender.
    private func daysSinceID(now: UnixTime) -> Int64? {
        guard case .record(let record) = record.value?.selection,
            let day = DayText.day(fromID: record.id.description)
        else { return nil }
        let days = now.seconds(since: day) / 86_400
        return days >= 0 ? days : nil
    }
}
