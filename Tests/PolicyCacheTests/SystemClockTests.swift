// SPDX-License-Identifier: Apache-2.0

import Foundation
import STSCore
import Testing

@testable import PolicyCache

/// The operating system's clocks, as they run.
@Suite struct SystemClockTests {
    @Test func monotonicClockNeverStepsBack() async {
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var last = SystemMonotonicClock().now
                    return (0..<100_000).allSatisfy { _ in
                        let next = SystemMonotonicClock().now
                        defer { last = next }
                        return next >= last
                    }
                }
            }
            for await isInOrder in group { #expect(isInOrder) }
        }
    }

    /// Both are read before and after the other, so that a thread that is held up proves nothing wrong.
    @Test func monotonicClockRunsAsTheContinuousClockDoes() async throws {
        let (before, start) = (ContinuousClock.now, SystemMonotonicClock().now)
        let startEnd = ContinuousClock.now
        // The clock itself is under test, so real time has to pass.
        try await SystemMonotonicClock().sleep(until: start.advanced(by: .milliseconds(30)))
        let (after, end) = (ContinuousClock.now, SystemMonotonicClock().now)
        let coarseness = Duration.milliseconds(20)
        #expect(end.duration(since: start) >= .milliseconds(30))
        #expect(end.duration(since: start) <= ContinuousClock.now - before + coarseness)
        #expect(end.duration(since: start) >= after - startEnd - coarseness)
    }

    @Test func sleepIsCancelledAndSleepsNoTimeForThePast() async throws {
        let clock = SystemMonotonicClock()
        try await clock.sleep(until: MonotonicTime(nanoseconds: 0))
        let sleeper = Task { try await clock.sleep(until: clock.now.advanced(by: .seconds(3_600))) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }

    @Test func wallClockIsTheSystems() {
        let before = Date().timeIntervalSince1970
        let now = Double(SystemWallClock().now.secondsSinceEpoch)
        // Whole seconds, and a tick behind at most.
        #expect(now > before - 1.1 && now <= Date().timeIntervalSince1970)
    }
}
