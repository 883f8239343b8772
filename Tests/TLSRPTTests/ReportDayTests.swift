// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import Testing

@testable import TLSRPT

@Suite("Report days")
struct ReportDayTests {
    @Test(
        "A moment by the calendar (RFC 3339 section 5.6)",
        .proves("R-JSON-03"),
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (1_459_468_800, "2016-04-01T00:00:00Z"), (1_459_555_199, "2016-04-01T23:59:59Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
            (.min, "0000-01-01T00:00:00Z"), (.max, "9999-12-31T23:59:59Z"),
        ] as [(Int64, String)]
    )
    func calendar(seconds: Int64, text: String) {
        #expect(UnixTime(secondsSinceEpoch: seconds).rfc3339 == text)
    }

    @Test(
        "A date and time is read as RFC 3339 section 5.6 has it, and nothing else",
        arguments: [
            ("2016-04-01T00:00:00Z", 1_459_468_800), ("2016-04-01t00:00:00.75z", 1_459_468_800),
            ("2016-04-01T02:00:00+02:00", 1_459_468_800), ("2016-12-31T23:59:60Z", 1_483_228_799),
            ("0001-01-01T00:00:00Z", -62_135_596_800), ("2016-02-30T00:00:00Z", nil), ("2016-04-01T00:00:60Z", nil),
            ("2016-04-01T00:00:00Zjunk", nil), ("2016-04-01T00:00:00", nil), ("2016-04-01 00:00:00Z", nil),
            ("2016-04-01T00:00:00+02", nil), ("2016-04-01", nil), ("", nil),
        ] as [(String, Int64?)]
    )
    func reading(text: String, seconds: Int64?) {
        #expect(UnixTime(rfc3339: text)?.secondsSinceEpoch == seconds)
    }

    @Test("Two moments at either side of midnight are of different days (RFC 8460 section 4.1)", .proves("R-JSON-25"))
    func midnight() {
        let day = ReportDay(containing: UnixTime(secondsSinceEpoch: 1_459_555_199))
        #expect(day.start.secondsSinceEpoch == 1_459_468_800)
        #expect(day.end.secondsSinceEpoch == 1_459_555_199)
        #expect(day.description == "2016-04-01")
        #expect(ReportDay(containing: UnixTime(secondsSinceEpoch: 1_459_555_200)) == day.next)
        #expect(day < day.next)
    }

    @Test("Days at the ends of time do not trap", arguments: [Int64.min, .max, -86_401, -86_400])
    func extremes(seconds: Int64) {
        let day = ReportDay(containing: UnixTime(secondsSinceEpoch: seconds))
        #expect(day.start <= day.end)
        #expect(day <= day.next)
    }
}
