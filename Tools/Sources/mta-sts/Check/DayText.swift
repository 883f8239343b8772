// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS

/// Days as people write them, in UTC.
enum DayText {
    /// A moment's day as `2026-01-31`.
    static func of(_ time: UnixTime) -> String { ReportDay(containing: time).description }

    /// The day that an id begins with, as in `20260131T120000`; nil if it does not look like one.
    static func day(fromID id: String) -> UnixTime? {
        let digits = id.prefix { $0.isASCII && $0.isNumber }
        guard [8, 10, 12, 14].contains(digits.count), let number = Int(digits.prefix(8)) else { return nil }
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100)
        guard (2015...2100).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let date = calendar.date(from: DateComponents(year: year, month: month, day: day))
        return date.map { UnixTime(secondsSinceEpoch: Int64($0.timeIntervalSince1970)) }
    }
}
