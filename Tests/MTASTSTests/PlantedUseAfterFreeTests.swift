// SPDX-License-Identifier: Apache-2.0

#if MTASTS_ADDRESS_SANITIZER
import Foundation
import Testing

/// Faults planted for `Tests/sanitize`, which first makes sure that the sanitizer sees them.
@Suite struct PlantedUseAfterFreeTests {
    private static func isWanted(_ name: String) -> Bool { ProcessInfo.processInfo.environment[name] != nil }

    @Test(.enabled(if: isWanted("MTASTS_PLANTED_USE_AFTER_FREE")))
    func memoryIsReadAfterItWasFreed() {
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: 8)
        words.initialize(repeating: 1, count: 8)
        words.deallocate()
        // Not safe, and that is the point.
        #expect(words[3] > 0)
    }

    @Test(.enabled(if: isWanted("MTASTS_PLANTED_LEAK")))
    func memoryIsNeverFreed() {
        for _ in 0..<100 { UnsafeMutablePointer<UInt64>.allocate(capacity: 1_000).initialize(to: 1) }
    }
}
#endif
