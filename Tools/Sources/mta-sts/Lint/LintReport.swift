// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// What the examination of one file found.
struct LintReport {
    /// What the file is.
    enum Kind: String {
        case record
        case policy
    }

    /// One thing that the owner should know.
    struct Finding {
        let rule: String
        let severity: Severity
        let line: Int
        let column: Int
        let octets: Range<Int>
        let section: String
        let message: String
    }

    let kind: Kind
    let name: String
    let octets: [UInt8]
    let findings: [Finding]

    /// Why strict readers refuse the text; nil if they take it.
    let strictFault: String?

    /// Why senders refuse the text; nil if they take it.
    let senderFault: String?

    /// Examines a text.
    init(_ kind: Kind, name: String, octets: [UInt8]) {
        self.kind = kind
        self.name = name
        switch kind {
        case .policy:
            self.octets = octets
            let diagnosis = STSPolicy.diagnose(octets)
            findings = diagnosis.findings.map(Finding.init)
            strictFault = diagnosis.strict.fault
            senderFault = diagnosis.sender.fault
        case .record:
            self.octets = Self.withoutLineEnd(octets)
            let diagnosis = STSRecord.diagnose(self.octets)
            findings = diagnosis.findings.map(Finding.init)
            strictFault = diagnosis.verdict.fault
            senderFault = diagnosis.verdict.fault
        }
    }

    /// A text from `echo` or an editor ends with a line end, which is no part of a record.
    private static func withoutLineEnd(_ octets: [UInt8]) -> [UInt8] {
        guard octets.last == 0x0A else { return octets }
        let text = octets.dropLast()
        return Array(text.last == 0x0D ? text.dropLast() : text)
    }

    func count(of severity: Severity) -> Int { findings.count { $0.severity == severity } }

    /// 0 if there is nothing but notes, else 1.
    var exitCode: Int32 { findings.contains { $0.severity != .note } ? 1 : 0 }
}

extension Result where Failure: CustomStringConvertible {
    fileprivate var fault: String? {
        if case .failure(let error) = self { "\(error)" } else { nil }
    }
}

extension LintReport.Finding {
    init(_ finding: STSPolicy.Finding) {
        self.init(
            rule: finding.rule.rawValue,
            severity: Severity(finding.severity),
            line: finding.line,
            column: finding.column,
            octets: finding.octets,
            section: finding.section,
            message: finding.message
        )
    }

    init(_ finding: STSRecord.Finding) {
        self.init(
            rule: finding.rule.rawValue,
            severity: Severity(finding.severity),
            line: finding.line,
            column: finding.column,
            octets: finding.octets,
            section: finding.section,
            message: finding.message
        )
    }
}

extension Severity {
    init(_ severity: STSPolicy.Severity) {
        switch severity {
        case .note: self = .note
        case .warning: self = .warning
        case .error: self = .error
        }
    }

    init(_ severity: STSRecord.Severity) {
        switch severity {
        case .note: self = .note
        case .warning: self = .warning
        case .error: self = .error
        }
    }
}
