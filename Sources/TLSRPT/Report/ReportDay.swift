// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// A UTC day, the time range of a report (RFC 8460 section 4.1).
public struct ReportDay: Hashable, Comparable, Sendable, CustomStringConvertible {
    static let seconds: Int64 = 86_400

    /// Days since 1970-01-01; negative before it.
    public let daysSinceEpoch: Int64

    /// The day that holds a moment.
    public init(containing moment: UnixTime) {
        let seconds = moment.secondsSinceEpoch
        let quotient = seconds / Self.seconds
        self.daysSinceEpoch = seconds % Self.seconds < 0 ? quotient - 1 : quotient
    }

    /// Its first second, 00:00:00.
    public var start: UnixTime { UnixTime(secondsSinceEpoch: 0).advanced(byDays: daysSinceEpoch) }

    /// Its last second, 23:59:59; a leap second has no number of its own (`UnixTime`).
    public var end: UnixTime { start.advanced(bySeconds: Self.seconds - 1) }

    /// The day after it.
    public var next: ReportDay { ReportDay(containing: start.advanced(bySeconds: Self.seconds)) }

    /// Orders days in time.
    public static func < (lhs: ReportDay, rhs: ReportDay) -> Bool { lhs.daysSinceEpoch < rhs.daysSinceEpoch }

    /// The date, as in `2026-11-25`.
    public var description: String { CivilTime(start).date }
}

extension UnixTime {
    fileprivate func advanced(byDays days: Int64) -> UnixTime {
        let (seconds, overflow) = days.multipliedReportingOverflow(by: ReportDay.seconds)
        return advanced(bySeconds: overflow ? (days < 0 ? .min : .max) : seconds)
    }
}

/// A moment taken apart by the Gregorian calendar in UTC, held within the years 0 to 9999 that RFC 3339 can write.
struct CivilTime: Hashable {
    let civil: CivilDate
    let secondOfDay: Int64

    /// The first and the last moment that can be written.
    static let range = UnixTime(secondsSinceEpoch: -62_167_219_200)...UnixTime(secondsSinceEpoch: 253_402_300_799)

    init(_ moment: UnixTime) {
        let seconds = Self.held(moment).secondsSinceEpoch
        let days = ReportDay(containing: UnixTime(secondsSinceEpoch: seconds)).daysSinceEpoch
        secondOfDay = seconds - days * ReportDay.seconds
        civil = CivilDate(daysSinceEpoch: days)
    }

    /// The moment, or the nearest that can be written.
    static func held(_ moment: UnixTime) -> UnixTime { min(max(moment, range.lowerBound), range.upperBound) }

    /// The date, as in `2026-11-25`.
    var date: String {
        "\(Self.padded(civil.year, to: 4))-\(Self.padded(civil.month, to: 2))-\(Self.padded(civil.day, to: 2))"
    }

    /// The moment by RFC 3339 section 5.6 in UTC, as in `2026-11-25T23:59:59Z`.
    var dateAndTime: String {
        let parts = [secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60]
        return "\(date)T\(parts.map { Self.padded($0, to: 2) }.joined(separator: ":"))Z"
    }

    private static func padded(_ number: Int64, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
