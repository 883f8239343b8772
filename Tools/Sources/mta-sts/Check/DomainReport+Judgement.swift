// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSSystemDNS

// What the facts mean to the domain's owner.
extension DomainReport {
    /// Adds the findings, and what could not be found out.
    mutating func judge(now: UnixTime) {
        judgeRecord()
        if isWithoutMTASTS {
            add("no-policy", .note, .policyHost, "There is no policy either: the domain does not use MTA-STS.")
        } else {
            judgePolicyHost()
            judgePolicy(now: now)
            judgeCertificate(now: now)
        }
        judgeMailHosts()
    }

    mutating func add(_ rule: String, _ severity: Severity, _ subject: CheckFinding.Subject, _ message: String) {
        findings.append(CheckFinding(rule, severity, subject, message))
    }

    /// Whether there is neither a record nor anything at the policy host.
    private var isWithoutMTASTS: Bool {
        guard case .absent = record.value?.selection, policyHostAddresses.value?.isEmpty == true else { return false }
        if case .notAsked = policy { return true } else { return false }
    }

    private mutating func judgeRecord() {
        switch record {
        case .notAsked: break
        case .unknown(let reason): unknowns.append("the _mta-sts TXT record: \(reason)")
        case .known(let record):
            for finding in STSRecord.diagnose(resourceRecords: record.texts.map { [$0] }).findings {
                let message = finding.message.replacing("YOURDOMAIN", with: domain?.description ?? "")
                add(finding.rule.rawValue, Severity(finding.severity), .record, message)
            }
            if case .absent = record.selection, policy.value?.policy != nil {
                add(
                    "record-missing-for-policy",
                    .warning,
                    .record,
                    "A policy is served, but without the record no sender looks for it. Publish the record."
                )
            }
        }
    }

    private mutating func judgePolicyHost() {
        switch policyHostAddresses {
        case .unknown(let reason): unknowns.append("the addresses of the policy host: \(reason)")
        case .known(let addresses):
            guard addresses.isEmpty, case .notAsked = policy, let host = domain?.policyHost else { break }
            add(
                "policy-host-address",
                .error,
                .policyHost,
                "\(host) has no address, so senders find no policy. Add A or AAAA records for it."
            )
        case .notAsked: break
        }
    }

    private mutating func judgeMailHosts() {
        switch mailHosts {
        case .notAsked: break
        case .unknown(let reason): unknowns.append("the MX records: \(reason)")
        case .known(let hosts): judge(hosts)
        }
    }

    private mutating func judge(_ hosts: MailHosts) {
        let isPublished = policy.value?.policy.map { $0.mode != .none } ?? false
        switch hosts {
        case .noSuchDomain:
            add("domain-missing", .error, .mx, "The domain does not exist in DNS: it cannot take mail.")
        case .none:
            add("no-mail-host", .warning, .mx, "The domain has neither MX records nor an address: it takes no mail.")
        case .null:
            let message = "A null MX (RFC 7505) says that the domain takes no mail."
            guard isPublished else { return add("null-mx", .note, .mx, message) }
            add("null-mx", .warning, .mx, message + " A policy protects nothing then: withdraw it, or repair the MX.")
        case .implicit:
            add("implicit-mx", .note, .mx, "There is no MX record: mail goes to the domain's own address, by its name.")
            comparePatterns()
        case .records(let records):
            for record in records where record.exchange == nil {
                let place = SafeText.of(record.exchangeText)
                let message =
                    record.isNullMX
                    ? "A null MX stands beside other MX records (RFC 7505 forbids it). Remove one or the other."
                    : "\"\(place)\" is no host name, so no pattern matches it. Let the MX record name a host."
                add(record.isNullMX ? "null-mx-beside-others" : "mx-host-name", .warning, .mx, message)
            }
            comparePatterns()
        }
    }

    /// Holds the MX hosts against the policy (RFC 8461 section 4.1).
    private mutating func comparePatterns() {
        guard let policy = policy.value?.policy, policy.mode != .none else { return }
        let hosts = hosts.map(\.name)
        let uncovered = hosts.filter { !policy.matches($0) }
        let isEnforced = policy.mode == .enforce
        for host in uncovered {
            let effect = isEnforced ? "senders deliver nothing to it" : "under mode enforce it would get no mail"
            add(
                "mx-not-covered",
                isEnforced ? .error : .warning,
                .mx,
                "No mx pattern matches \(host): \(effect). Add \"mx: \(host)\" to the policy and change the record's id."
            )
        }
        if isEnforced, !hosts.isEmpty, uncovered.count == hosts.count {
            add("mx-none-covered", .error, .mx, "No MX host is covered: senders that enforce deliver no mail at all.")
        }
        for pattern in policy.mx where !pattern.isInert && !hosts.contains(where: pattern.matches) {
            let name = SafeText.of(pattern.description)
            add(
                "mx-pattern-unused",
                .note,
                .mx,
                "The pattern \(name) matches no MX host. Keep it if a host is to come or may take over; else remove it."
            )
        }
    }
}
