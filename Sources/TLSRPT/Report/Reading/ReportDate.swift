// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// A date and time of a report by RFC 3339 section 5.6, and by the other forms that are forgiven.
struct ReportDate {
    /// The moment; a fraction of a second is cut off, a leap second is the second before it.
    let moment: UnixTime
    private(set) var deviations: [TLSReport.Deviation.Kind] = []

    /// `full-date "T" full-time`; nil if that is not there.
    init?(_ text: Span<UInt8>) {
        guard text.count >= 19, let year = text.digits(4, at: 0), text[4] == 0x2D, let month = text.digits(2, at: 5),
            text[7] == 0x2D, let day = text.digits(2, at: 8), (1...12).contains(month),
            (1...Self.days(of: month, in: year)).contains(day)
        else { return nil }
        if text[10] == 0x20 {
            deviations.append(.dateWithSpace)
        } else if text[10] | 0x20 != 0x74 {
            return nil
        }
        guard let hour = text.digits(2, at: 11), text[13] == 0x3A, let minute = text.digits(2, at: 14),
            text[16] == 0x3A, let second = text.digits(2, at: 17), hour < 24, minute < 60, second <= 60
        else { return nil }
        var at = 19
        if at < text.count, text[at] == 0x2E {
            at += 1
            while at < text.count, text[at].isASCIIDigit { at += 1 }
            guard at > 20 else { return nil }
        }
        guard let zone = Self.zone(text, from: at) else { return nil }
        if let deviation = zone.deviation { deviations.append(deviation) }
        let days = CivilDate(year: Int64(year), month: Int64(month), day: Int64(day)).daysSinceEpoch
        let seconds = days * 86_400 + Int64(hour * 3_600 + minute * 60 + min(second, 59)) - zone.seconds
        // A leap second is the last of a UTC day (RFC 3339 section 5.7).
        let midnight = ReportDay(containing: UnixTime(secondsSinceEpoch: seconds)).end
        guard second < 60 || midnight.secondsSinceEpoch == seconds else { return nil }
        moment = UnixTime(secondsSinceEpoch: seconds)
        // A zone may lead out of the years that can be written.
        guard CivilTime.range.contains(moment) else { return nil }
    }

    /// `time-offset = "Z" / ( "+" / "-" ) time-hour ":" time-minute`, in seconds east of Greenwich; nil for what is none.
    private static func zone(
        _ text: Span<UInt8>,
        from start: Int
    ) -> (seconds: Int64, deviation: TLSReport.Deviation.Kind?)? {
        let count = text.count - start
        if count == 0 { return (0, .dateWithoutZone) }
        let sign = text[start]
        if count == 1 { return sign | 0x20 == 0x7A ? (0, nil) : nil }
        guard sign == 0x2B || sign == 0x2D, let hour = text.digits(2, at: start + 1), hour < 24 else { return nil }
        let minute: Int?
        var deviation: TLSReport.Deviation.Kind?
        switch count {
        case 6 where text[start + 3] == 0x3A: minute = text.digits(2, at: start + 4)
        case 5: (minute, deviation) = (text.digits(2, at: start + 3), .dateZoneForm)
        case 3: (minute, deviation) = (0, .dateZoneForm)
        default: return nil
        }
        guard let minute, minute < 60 else { return nil }
        let seconds = Int64(hour * 3_600 + minute * 60)
        return (sign == 0x2D ? -seconds : seconds, deviation)
    }

    private static func days(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Span<UInt8> {
    /// The number of `length` digits at `start`; nil if they are not all there.
    fileprivate func digits(_ length: Int, at start: Int) -> Int? {
        guard count - start >= length else { return nil }
        var number = 0
        for index in start..<start + length {
            guard self[index].isASCIIDigit else { return nil }
            number = number * 10 + Int(self[index] - 0x30)
        }
        return number
    }
}
