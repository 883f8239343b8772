// SPDX-License-Identifier: Apache-2.0

#if MTASTS_THREAD_SANITIZER
import Foundation
import Testing

/// A race planted for `Tests/sanitize`, which first makes sure that the sanitizer sees it.
private final class Racer: @unchecked Sendable {
    // Not safe, and that is the point: two threads count without a lock.
    var count = 0
}

@Suite(.enabled(if: ProcessInfo.processInfo.environment["MTASTS_PLANTED_RACE"] != nil))
struct PlantedRaceTests {
    @Test func twoThreadsCountWithoutALock() async {
        let racer = Racer()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<100_000 { racer.count += 1 } }
            }
        }
        #expect(racer.count > 0)
    }
}
#endif
