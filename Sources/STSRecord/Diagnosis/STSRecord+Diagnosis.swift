// SPDX-License-Identifier: Apache-2.0

internal import TextDiagnosis

extension STSRecord {
    /// Examines a record for its domain's owner: every finding, and what senders make of it.
    ///
    /// It takes any octets, in linear time. Of a text over 65,535 octets, the most a TXT record holds, only the beginning
    /// is examined. At most ``Diagnosis/maximumFindings`` findings are listed, then one that counts the rest.
    ///
    /// - Parameter octets: The joined character-strings of one TXT resource record.
    public static func diagnose(_ octets: [UInt8]) -> Diagnosis {
        let verdict = Result { () throws(ParseError) in try STSRecord(parsing: octets) }
        var examiner = RecordExaminer(octets, verdict: verdict)
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
        // The verdict is the parser's own. Should no rule explain it, the parser's fault does.
        if case .failure(let fault) = verdict, !findings.drafts.contains(where: { $0.severity == .error }) {
            let start = min(fault.offset, octets.count)
            findings.addBeyondLimit(
                .grammar,
                .error,
                start..<min(start + 1, octets.count),
                "Outside the grammar of a record: \(fault.description). Write it as in \"v=STSv1; id=20260101T000000;\"."
            )
        }
        return Diagnosis(
            findings: findings.located(in: octets).map { Finding($0, resourceRecord: 0) },
            verdict: verdict
        )
    }

    /// Examines a record given as text, as ``diagnose(_:)-([UInt8])`` does.
    public static func diagnose(_ text: String) -> Diagnosis { diagnose(Array(text.utf8)) }

    /// What an examination of one record found.
    ///
    /// If senders refuse the record, there is a finding of severity ``Severity/error``, and only then.
    public struct Diagnosis: Sendable {
        /// The most findings that are listed one by one.
        public static let maximumFindings = 1_000

        /// What was found, in the order of the places in the text.
        public let findings: [Finding]

        /// What senders make of the record; strict readers go by the same grammar (RFC 8461 section 3.1).
        public let verdict: Result<STSRecord, ParseError>
    }

    /// One thing that the owner of a domain should know about its record.
    public struct Finding: Hashable, Sendable, CustomStringConvertible {
        /// Which rule found it.
        public let rule: Rule

        /// How bad it is.
        public let severity: Severity

        /// Which of the examined resource records it is about, from 0.
        public let resourceRecord: Int

        /// The line, from 1. Lines end at LF, which no valid record holds.
        public let line: Int

        /// The column, from 1, counted in Unicode scalars, as editors show it.
        public let column: Int

        /// The offsets of the octets it is about; empty where something is missing.
        public let octets: Range<Int>

        /// What is there and what to do, in one or two sentences. Text quoted from the record is cut short, and nothing
        /// of it could act on a terminal.
        public let message: String

        /// Where the rule stands, for example `RFC 8461 section 3.1`.
        public var section: String { rule.section }

        /// Place, severity, rule and message in one line.
        public var description: String {
            "\(line):\(column): \(severity.rawValue): \(message) [\(rule.rawValue), \(section)]"
        }

        init(_ located: (draft: DraftFinding<Rule, Severity>, line: Int, column: Int), resourceRecord: Int) {
            rule = located.draft.rule
            severity = located.draft.severity
            self.resourceRecord = resourceRecord
            line = located.line
            column = located.column
            octets = located.draft.octets
            message = located.draft.message
        }

        /// A finding about a resource record as a whole.
        init(_ rule: Rule, _ severity: Severity, resourceRecord: Int, count: Int, _ message: String) {
            self.rule = rule
            self.severity = severity
            self.resourceRecord = resourceRecord
            line = 1
            column = 1
            octets = 0..<count
            self.message = message
        }

        /// The same finding about another resource record.
        func moved(to resourceRecord: Int) -> Finding {
            let draft = DraftFinding(rule: rule, severity: severity, octets: octets, message: message)
            return Finding((draft, line, column), resourceRecord: resourceRecord)
        }
    }

    /// How bad a finding is.
    public enum Severity: String, Sendable, CaseIterable, Comparable {
        /// Fine; for information.
        case note
        /// Some senders refuse it, or it is likely not what is meant.
        case warning
        /// No sender takes the record.
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
