// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// What came of the reports that were sent, in order.
struct ReportSendLog: Sendable {
    private(set) var reports = 0
    private var sent = 0
    private var planned = 0
    private var notAsked = 0
    private var failed = 0
    private var unknown = 0

    /// Takes what came of a report and gives it as a few lines of text.
    mutating func add(_ origin: String, _ domain: DomainName?, _ outcome: ReportSend.Outcome, style: Style) -> String {
        reports += 1
        var lines = ["\(style.bold(domain?.description ?? "(no domain)"))  \(TextTable.fitting(origin, 84))"]
        func row(_ text: String) { lines.append("  " + SafeText.of(text, limit: 600).wrapped(to: 82, indent: "    ")) }
        switch outcome {
        case .notAsked(let reason):
            notAsked += 1
            row("not asked for: \(reason)")
        case .refused(let reason):
            failed += 1
            row("not sent: \(reason)")
        case .unknown(let reason):
            unknown += 1
            row("not sent, the domain's record is unknown: \(reason)")
        case .destinations(let attempts):
            var (isSent, isPlanned) = (false, false)
            for attempt in attempts {
                switch attempt.result {
                case .planned(let plan):
                    isPlanned = true
                    row("\(attempt.destination): would get \(plan)")
                case .sent:
                    isSent = true
                    row("\(attempt.destination): sent")
                case .failed(let reason):
                    row("\(attempt.destination): failed, to be tried again: \(reason)")
                case .refused(let reason):
                    row("\(attempt.destination): refused: \(reason)")
                }
                if !attempt.content.isEmpty { lines += ReportSend.shown(attempt.content) }
            }
            // One destination is enough (RFC 8460 section 3).
            if isSent { sent += 1 } else if isPlanned { planned += 1 } else { failed += 1 }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Notes a file without a report that can be sent.
    mutating func addUnreadable(_ origin: String, reason: String) -> String {
        reports += 1
        failed += 1
        return "\(TextTable.fitting(origin, 84))\n  not sent: \(SafeText.of(reason).wrapped(to: 82, indent: "    "))\n"
    }

    /// One line with the numbers.
    var summary: String {
        let parts = [
            (sent, "sent"), (planned, "would be sent"), (notAsked, "not asked for"), (failed, "not sent"),
            (unknown, "unknown"),
        ]
        let list = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        return "\(counted(reports, "report"))\(list.isEmpty ? "" : ": \(list)")\n"
    }

    /// 0 if all that is asked for was sent; 1 if something was not; 2 if there was nothing, or a record is unknown.
    var exitCode: Int32 { reports == 0 || unknown > 0 ? 2 : failed > 0 ? 1 : 0 }
}

extension ReportSend {
    /// The lines of what is sent, each after a bar.
    static func shown(_ content: String) -> [String] {
        // CR LF is one Character.
        content.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { line in
            line.isEmpty ? "  |" : "  | \(SafeText.of(line, limit: 1_000))"
        }
    }
}
