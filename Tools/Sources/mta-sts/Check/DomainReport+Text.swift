// SPDX-License-Identifier: Apache-2.0

import MTASTS

// The report for people.
extension DomainReport {
    /// The report as a few lines of text.
    func text(style: Style = .plain) -> String {
        let name = domain.map { "\($0)" } ?? SafeText.of(input)
        let shownInput = SafeText.of(input)
        var lines = [style.bold(name) + (domain != nil && shownInput.lowercased() != name ? " (\(shownInput))" : "")]
        func row(_ label: String, _ text: String) { lines.append("  \(label.padded(to: 13))\(text)") }
        if domain != nil {
            row("record", recordText)
            row("policy", policyText)
            row("policy host", policyHostText)
            if let certificate = certificate.value { row("certificate", certificateText(certificate)) }
            for (index, line) in mailHostTexts.enumerated() { row(index == 0 ? "MX hosts" : "", line) }
        }
        for finding in findings {
            let severity = style.severity(finding.severity)
            let blanks = String(repeating: " ", count: max(0, 8 - finding.severity.rawValue.count))
            let place = finding.line.map { "policy line \($0): " } ?? ""
            lines.append("  \(severity)\(blanks) \((place + finding.message).wrapped(to: 88, indent: "           "))")
        }
        for unknown in unknowns {
            lines.append("  \(style.red("unknown"))  \(SafeText.of(unknown).wrapped(to: 88, indent: "           "))")
        }
        lines.append("  \("result".padded(to: 13))\(resultText(style))")
        return lines.joined(separator: "\n") + "\n"
    }

    private func resultText(_ style: Style) -> String {
        let counts = [Severity.error, .warning].compactMap { severity in
            let number = findings.count { $0.severity == severity }
            return number > 0 ? counted(number, severity.rawValue) : nil
        }
        if !unknowns.isEmpty {
            let text = "\(counted(unknowns.count, "thing")) could not be found out"
            return style.red((counts + [text]).joined(separator: ", "))
        }
        return counts.isEmpty ? style.green("fine") : style.yellow(counts.joined(separator: ", "))
    }

    private var recordText: String {
        switch record {
        case .notAsked: return "not asked"
        case .unknown: return "unknown"
        case .known(let record):
            let text = record.texts.first.map { SafeText.of($0, limit: 80) } ?? ""
            switch record.selection {
            case .record(let record): return "id \(record.id)"
            case .absent: return "none"
            case .several(let count): return "\(count) records, and there must be one"
            case .malformed: return "invalid: \(text)"
            }
        }
    }

    private var policyText: String {
        switch policy {
        case .notAsked: return "none"
        case .unknown: return "unknown"
        case .known(let facts):
            guard let policy = facts.policy else { return facts.body == nil ? "cannot be had" : "refused" }
            let span = Self.spanText(policy.maxAge)
            let patterns = counted(policy.mx.count, "mx pattern")
            return "mode \(policy.mode.rawValue), max_age \(policy.maxAge) (\(span)), \(patterns)"
        }
    }

    /// A number of seconds in the greatest unit of which there are at least two, or seconds.
    static func spanText(_ seconds: Int) -> String {
        let units = [(604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute")]
        for (length, name) in units where seconds >= 2 * length && seconds % length == 0 {
            return counted(seconds / length, name)
        }
        for (length, name) in units where seconds >= 2 * length { return "about " + counted(seconds / length, name) }
        return counted(seconds, "second")
    }

    private var policyHostText: String {
        let name = domain?.policyHost?.description ?? ""
        switch policyHostAddresses {
        case .notAsked: return name
        case .unknown: return "\(name), addresses unknown"
        case .known(let addresses):
            guard !addresses.isEmpty else { return connectionText.map { "\(name), \($0)" } ?? "\(name), no address" }
            let shown = addresses.prefix(4).map { "\($0)" }.joined(separator: ", ")
            return "\(name), \(shown)\(addresses.count > 4 ? ", ..." : "")"
        }
    }

    private var connectionText: String? {
        if case .notAsked = policy { return nil }
        return "asked at the address given by --connect"
    }

    private func certificateText(_ facts: CertificateFacts) -> String {
        // The name that counts, or else the first ones.
        let fitting = facts.dnsIDs.first { domain?.policyHost?.matchesPresentedIdentifier($0) ?? false }
        let names = fitting.map { [$0] } ?? Array(facts.dnsIDs.prefix(3))
        let rest = facts.dnsIDs.count - names.count
        let list = names.map { SafeText.of($0, limit: 64) }.joined(separator: ", ")
        let shown = names.isEmpty ? "no DNS name" : list + (rest > 0 ? " and \(rest) more" : "")
        return "\(DayText.of(facts.notBefore)) to \(DayText.of(facts.notAfter)) for \(shown)"
    }

    private var mailHostTexts: [String] {
        switch mailHosts {
        case .notAsked: return []
        case .unknown: return ["unknown"]
        case .known(.null): return ["none (null MX)"]
        case .known(.none): return ["none"]
        case .known(.noSuchDomain): return ["the domain does not exist"]
        case .known(.implicit), .known(.records):
            let width = min(40, hosts.map(\.name.description.count).max() ?? 0)
            return hosts.map { host in
                let preference = "\(host.preference)".leftPadded(to: 5)
                return "\(preference) \(host.name.description.padded(to: width))\(coverage(host.name))"
            }
        }
    }

    private func coverage(_ host: DomainName) -> String {
        guard let policy = policy.value?.policy, policy.mode != .none else { return "" }
        guard let pattern = policy.mx.first(where: { $0.matches(host) }) else { return "  no pattern" }
        return "  by \(SafeText.of(pattern.description))"
    }
}
