// SPDX-License-Identifier: Apache-2.0

import STSCore
import Testing

@Suite("UnixTime")
struct UnixTimeTests {
    static let edges: [Int64] = [.min, .min + 1, -31_557_600, -1, 0, 1, 31_557_600, 253_402_300_800, .max - 1, .max]

    /// Every pair of edges against arithmetic in 128 bits.
    @Test(arguments: edges, edges)
    func saturates(_ start: Int64, _ step: Int64) {
        let moment = UnixTime(secondsSinceEpoch: start)
        #expect(moment.advanced(bySeconds: step).secondsSinceEpoch == clamp(Int128(start) + Int128(step)))
        let other = UnixTime(secondsSinceEpoch: step)
        #expect(moment.seconds(since: other) == clamp(Int128(start) - Int128(step)))
        #expect((moment < other) == (start < step))
        #expect((moment == other) == (start == step))
    }

    @Test func printsSeconds() {
        #expect(UnixTime(secondsSinceEpoch: -5).description == "-5")
        #expect(UnixTime(secondsSinceEpoch: 1_700_000_000).description == "1700000000")
    }
}

@Suite("MonotonicTime")
struct MonotonicTimeTests {
    static let edges: [Int64] = [.min, .min + 1, -1_000_000_000, -1, 0, 1, 1_000_000_000, .max - 1, .max]

    /// Durations at and beyond what nanoseconds in 64 bits hold.
    static let durations: [Duration] = [
        .zero, .nanoseconds(1), .nanoseconds(-1), .seconds(1), .seconds(-1), .milliseconds(-1500),
        .nanoseconds(Int64.max), .nanoseconds(Int64.min), .seconds(9_223_372_036), .seconds(9_223_372_037),
        .seconds(-9_223_372_037), .seconds(Int64.max), .seconds(Int64.min),
        Duration(secondsComponent: 9_223_372_036, attosecondsComponent: 854_775_807_000_000_000),
        Duration(secondsComponent: 9_223_372_036, attosecondsComponent: 854_775_808_000_000_000),
        Duration(secondsComponent: -9_223_372_036, attosecondsComponent: -854_775_809_000_000_000),
    ]

    @Test(arguments: edges, durations)
    func advanceSaturates(_ start: Int64, _ duration: Duration) {
        let step = clamp(nanoseconds(duration))
        #expect(duration.clampedNanoseconds == step)
        let moved = MonotonicTime(nanoseconds: start).advanced(by: duration)
        #expect(moved.nanoseconds == clamp(Int128(start) + Int128(step)))
    }

    @Test(arguments: edges, edges)
    func differenceSaturates(_ late: Int64, _ early: Int64) {
        let (first, second) = (MonotonicTime(nanoseconds: late), MonotonicTime(nanoseconds: early))
        #expect(first.duration(since: second) == .nanoseconds(clamp(Int128(late) - Int128(early))))
        #expect((first < second) == (late < early))
    }

    private func nanoseconds(_ duration: Duration) -> Int128 {
        let (seconds, attoseconds) = duration.components
        return Int128(seconds) * 1_000_000_000 + Int128(attoseconds) / 1_000_000_000
    }
}

@Suite("Dates of the Gregorian calendar")
struct CivilDateTests {
    @Test(
        arguments: [
            (0, 1970, 1, 1), (-1, 1969, 12, 31), (11_016, 2000, 2, 29), (11_017, 2000, 3, 1), (-719_528, 0, 1, 1),
            (-719_529, -1, 12, 31), (2_932_896, 9999, 12, 31), (47_540, 2100, 2, 28), (47_541, 2100, 3, 1),
        ] as [(Int64, Int64, Int64, Int64)]
    )
    func known(days: Int64, year: Int64, month: Int64, day: Int64) {
        let date = CivilDate(year: year, month: month, day: day)
        #expect(date.daysSinceEpoch == days)
        #expect(CivilDate(daysSinceEpoch: days) == date)
    }

    /// Each date is followed by the next one of the calendar, through an era of 400 years and its ends.
    @Test func inOrder() {
        var last = CivilDate(daysSinceEpoch: -146_098)
        for days in Int64(-146_097)...1 {
            let date = CivilDate(daysSinceEpoch: days)
            let follows =
                date == CivilDate(year: last.year, month: last.month, day: last.day + 1) && last.day < 31
                || date == CivilDate(year: last.year, month: last.month + 1, day: 1) && last.day >= 28
                || date == CivilDate(year: last.year + 1, month: 1, day: 1) && last.month == 12 && last.day == 31
            if !follows || date.daysSinceEpoch != days { Issue.record("\(days): \(date) after \(last)") }
            last = date
        }
    }
}

private func clamp(_ number: Int128) -> Int64 {
    Int64(max(Int128(Int64.min), min(Int128(Int64.max), number)))
}
