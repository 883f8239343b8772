// SPDX-License-Identifier: Apache-2.0

internal import TextDiagnosis

extension STSPolicy {
    /// Examines a policy file for its domain's owner: every finding, and what strict readers and senders make of it.
    ///
    /// It takes any octets, in linear time. Of a text over ``maximumOctets`` only the beginning is examined. At most
    /// ``Diagnosis/maximumFindings`` findings are listed, then one that counts the rest.
    public static func diagnose(_ octets: [UInt8]) -> Diagnosis {
        let strict = Result { () throws(ParseError) in try STSPolicy(strictlyParsing: octets) }
        let sender = Result { () throws(ParseError) in try STSPolicy(parsing: octets) }
        var examiner = PolicyExaminer(octets)
        examiner.examine()
        var findings = examiner.findings
        if findings.leftOut > 0 {
            findings.addBeyondLimit(
                .moreFindings,
                .note,
                octets.count..<octets.count,
                "More findings were left out: \(findings.leftOut). Repair those above and run the check again."
            )
        }
        // The verdicts are the parsers' own. Should no rule explain one, the parser's fault does.
        if case .failure(let fault) = sender, !findings.drafts.contains(where: { $0.severity == .error }) {
            findings.addBeyondLimit(.grammar, .error, fault.place(in: octets), fault.advice)
        } else if case .success = sender, case .failure(let fault) = strict,
            !findings.drafts.contains(where: { $0.severity == .warning })
        {
            findings.addBeyondLimit(.grammar, .warning, fault.place(in: octets), fault.advice)
        }
        return Diagnosis(findings: findings.located(in: octets).map(Finding.init), strict: strict, sender: sender)
    }

    /// Examines a policy file given as text, as ``diagnose(_:)-([UInt8])`` does.
    public static func diagnose(_ text: String) -> Diagnosis { diagnose(Array(text.utf8)) }

    /// What an examination of a policy file found.
    ///
    /// If a sender refuses the policy, there is a finding of severity ``Severity/error``, and only then. If only
    /// strict readers refuse it, there is one of severity ``Severity/warning``.
    public struct Diagnosis: Sendable {
        /// The most findings that are listed one by one.
        public static let maximumFindings = 1_000

        /// What was found, in the order of the places in the text.
        public let findings: [Finding]

        /// What a reader makes of the text that goes by the grammar of RFC 8461 section 3.2 and forgives nothing.
        public let strict: Result<STSPolicy, ParseError>

        /// What a sender that uses ``STSPolicy/init(parsing:)-([UInt8])`` makes of the text.
        public let sender: Result<STSPolicy, ParseError>
    }

    /// One thing that the owner of a domain should know about its policy file.
    public struct Finding: Hashable, Sendable, CustomStringConvertible {
        /// Which rule found it.
        public let rule: Rule

        /// How bad it is.
        public let severity: Severity

        /// The line, from 1. Lines end at LF.
        public let line: Int

        /// The column, from 1, counted in Unicode scalars, as editors show it.
        public let column: Int

        /// The offsets of the octets it is about; empty where something is missing.
        public let octets: Range<Int>

        /// What is there and what to do, in one or two sentences. Text quoted from the file is cut short, and nothing
        /// of it could act on a terminal.
        public let message: String

        /// Where the rule stands, for example `RFC 8461 section 3.2`.
        public var section: String { rule.section }

        /// Place, severity, rule and message in one line.
        public var description: String {
            "\(line):\(column): \(severity.rawValue): \(message) [\(rule.rawValue), \(section)]"
        }

        init(_ located: (draft: DraftFinding<Rule, Severity>, line: Int, column: Int)) {
            rule = located.draft.rule
            severity = located.draft.severity
            line = located.line
            column = located.column
            octets = located.draft.octets
            message = located.draft.message
        }
    }

    /// How bad a finding is.
    public enum Severity: String, Sendable, CaseIterable, Comparable {
        /// Fine; for information.
        case note
        /// Some senders refuse it, or it is likely not what is meant.
        case warning
        /// No sender takes the policy.
        case error

        /// Orders severities from note to error.
        public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .error: 2
            }
        }
    }
}

extension STSPolicy.ParseError {
    fileprivate func place(in octets: [UInt8]) -> Range<Int> {
        let start = min(offset, octets.count)
        return start..<min(start + 1, octets.count)
    }

    fileprivate var advice: String {
        "Outside the grammar of a policy: \(description). Write one field a line, as NAME: VALUE."
    }
}
