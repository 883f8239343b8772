// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// Which reports, and which of their entries, are counted.
struct ReportFilter: Equatable, Sendable {
    /// The policy domains to count; empty for all.
    var domains: Set<DomainName> = []

    /// The first and the last day to count, by the day that a report begins on; nil for no bound.
    var since: ReportDay?
    var until: ReportDay?

    /// Whether a report's day is within the bounds; a report without a beginning is, if there is no bound.
    func includes(day: ReportDay?) -> Bool {
        guard since != nil || until != nil else { return true }
        guard let day else { return false }
        return (since.map { $0 <= day } ?? true) && (until.map { day <= $0 } ?? true)
    }

    /// Whether an entry on a domain is counted; one whose domain nobody names may be about any.
    func includes(domain: DomainName?) -> Bool { domains.isEmpty || domain.map(domains.contains) ?? true }
}

extension ReportDay {
    /// Reads a date as `2026-01-31`.
    init?(date text: String) {
        guard let moment = UnixTime(rfc3339: "\(text)T00:00:00Z") else { return nil }
        self.init(containing: moment)
    }
}
