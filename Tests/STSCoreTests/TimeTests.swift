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

private func clamp(_ number: Int128) -> Int64 {
    Int64(max(Int128(Int64.min), min(Int128(Int64.max), number)))
}
