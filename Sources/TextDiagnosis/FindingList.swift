// SPDX-License-Identifier: Apache-2.0

/// A finding before its place is turned into line and column.
package struct DraftFinding<Rule: Sendable, Severity: Sendable>: Sendable {
    package let rule: Rule
    package let severity: Severity
    package let octets: Range<Int>
    package let message: String

    package init(rule: Rule, severity: Severity, octets: Range<Int>, message: String) {
        self.rule = rule
        self.severity = severity
        self.octets = octets
        self.message = message
    }
}

/// The findings of one text, in number bounded by a limit.
package struct FindingList<Rule: Sendable, Severity: Sendable>: Sendable {
    package typealias Draft = DraftFinding<Rule, Severity>

    package private(set) var drafts: [Draft] = []

    /// How many findings the limit kept out.
    package private(set) var leftOut = 0

    private let limit: Int

    package init(limit: Int) { self.limit = limit }

    /// How many findings there were, those left out included.
    package var total: Int { drafts.count + leftOut }

    /// Adds a finding, or only counts it when the limit is reached.
    package mutating func add(_ rule: Rule, _ severity: Severity, _ octets: Range<Int>, _ message: String) {
        guard drafts.count < limit else {
            leftOut += 1
            return
        }
        addBeyondLimit(rule, severity, octets, message)
    }

    /// Adds a finding of which there is at most one in a text, whatever the limit.
    package mutating func addBeyondLimit(_ rule: Rule, _ severity: Severity, _ octets: Range<Int>, _ message: String) {
        drafts.append(Draft(rule: rule, severity: severity, octets: octets, message: message))
    }

    /// Keeps only the findings for which a condition holds.
    package mutating func keep(_ condition: (Draft) -> Bool) {
        drafts = drafts.filter(condition)
        leftOut = 0
    }

    /// The findings in the order of their places, each with its line and column, both from 1.
    ///
    /// Lines end at LF. A column counts Unicode scalars, as editors show them; an octet that is not UTF-8 may or may
    /// not count. The text is walked once.
    package func located(in text: [UInt8]) -> [(draft: Draft, line: Int, column: Int)] {
        let order = drafts.indices.sorted { left, right in
            let (first, second) = (drafts[left].octets.lowerBound, drafts[right].octets.lowerBound)
            return first == second ? left < right : first < second
        }
        var located: [(draft: Draft, line: Int, column: Int)] = []
        located.reserveCapacity(order.count)
        var (index, line, column) = (0, 1, 1)
        for number in order {
            while index < min(drafts[number].octets.lowerBound, text.count) {
                if text[index] == 0x0A {
                    line += 1
                    column = 1
                } else if text[index] & 0xC0 != 0x80 {
                    column += 1
                }
                index += 1
            }
            located.append((drafts[number], line, column))
        }
        return located
    }
}
