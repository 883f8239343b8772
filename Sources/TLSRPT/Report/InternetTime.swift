// SPDX-License-Identifier: Apache-2.0

public import STSCore

extension UnixTime {
    /// Reads a date and time by RFC 3339 section 5.6, in any zone; nil for what is none. A fraction of a second is cut
    /// off, a leap second is the second before it.
    public init?(rfc3339 text: String) {
        guard let date = ReportDate(text.utf8.span), date.deviations.isEmpty else { return nil }
        self = date.moment
    }

    /// The moment in UTC by RFC 3339 section 5.6, as in `2026-11-25T23:59:59Z`; for one outside the years 0 to 9999,
    /// which that form can write, the nearest within them.
    public var rfc3339: String { CivilTime(self).dateAndTime }
}
