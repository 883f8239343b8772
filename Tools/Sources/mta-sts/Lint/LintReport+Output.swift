// SPDX-License-Identifier: Apache-2.0

extension LintReport {
    /// The report for people, or as JSON.
    func output(json: Bool, style: Style = .plain) -> CommandOutput {
        CommandOutput(output: json ? JSONText.line(JSONReport(self)) : text(style), exitCode: exitCode)
    }

    private func text(_ style: Style) -> String {
        var text = ""
        for finding in findings {
            let place = "\(SafeText.of(name)):\(finding.line):\(finding.column)"
            text += "\(style.bold(place)): \(style.severity(finding.severity)): \(finding.message)\n"
            let excerpt = SourceExcerpt(octets, at: finding.octets)
            let number = "\(finding.line)".leftPadded(to: 5)
            let margin = "".padded(to: 5)
            text += "\(number) | \(excerpt.line)\n"
            text += "\(margin) | \(style.green(excerpt.caret))  \(style.dim("[\(finding.rule), \(finding.section)]"))\n"
        }
        return text + "\(SafeText.of(name)): \(summary)\n"
    }

    private var summary: String {
        let counts = [Severity.error, .warning, .note]
            .compactMap { count(of: $0) > 0 ? counted(count(of: $0), $0.rawValue) : nil }
        let verdict =
            switch (strictFault, senderFault) {
            case (nil, nil): "a valid \(kind.rawValue)"
            case (let fault?, nil): "a \(kind.rawValue) that most senders take and strict ones refuse: \(fault)"
            case (_, let fault?): "no valid \(kind.rawValue): \(fault)"
            }
        return verdict + (counts.isEmpty ? "" : " (" + counts.joined(separator: ", ") + ")")
    }
}

extension String {
    /// The text filled with spaces at its start up to a width.
    func leftPadded(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}

/// The report in the form of its JSON.
private struct JSONReport: Encodable {
    struct Octets: Encodable {
        let start: Int
        let end: Int
    }

    struct Finding: Encodable {
        let rule: String
        let severity: Severity
        let line: Int
        let column: Int
        let octets: Octets
        let section: String
        let message: String
    }

    struct Verdict: Encodable {
        let valid: Bool
        let error: String?
    }

    let kind: String
    let file: String
    let findings: [Finding]
    let strict: Verdict
    let sender: Verdict

    init(_ report: LintReport) {
        kind = report.kind.rawValue
        file = report.name
        findings = report.findings.map { finding in
            Finding(
                rule: finding.rule,
                severity: finding.severity,
                line: finding.line,
                column: finding.column,
                octets: Octets(start: finding.octets.lowerBound, end: finding.octets.upperBound),
                section: finding.section,
                message: finding.message
            )
        }
        strict = Verdict(valid: report.strictFault == nil, error: report.strictFault)
        sender = Verdict(valid: report.senderFault == nil, error: report.senderFault)
    }
}
