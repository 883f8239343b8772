// SPDX-License-Identifier: Apache-2.0

#if MTASTS_THREAD_SANITIZER
import Dispatch
import Foundation
import Testing

/// A race planted for `Tests/sanitize`, which first makes sure that the sanitizer sees it.
private final class Racer: @unchecked Sendable {
    // Not safe, and that is the point: two threads count without a lock.
    var count = 0
}

@Suite(.enabled(if: ProcessInfo.processInfo.environment["MTASTS_PLANTED_RACE"] != nil))
struct PlantedRaceTests {
    /// Threads of their own: tasks may all run on one. The sanitizer needs no luck then, since nothing orders the two.
    @Test func twoThreadsCountWithoutALock() {
        let racer = Racer()
        let ended = DispatchSemaphore(value: 0)
        for _ in 0..<2 {
            Thread.detachNewThread {
                racer.count += 1
                ended.signal()
            }
        }
        for _ in 0..<2 { ended.wait() }
        #expect(racer.count > 0)
    }
}
#endif
