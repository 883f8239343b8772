// SPDX-License-Identifier: Apache-2.0

public import STSCore

#if os(Linux)
internal import Synchronization
#endif

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The operating system's wall clock.
public struct SystemWallClock: WallClock {
    /// The operating system's wall clock.
    public init() {}

    /// The present moment, in whole seconds.
    public var now: UnixTime {
        var time = timespec()
        #if os(Linux)
        // A few milliseconds of coarseness do no harm to whole seconds, and it is several times faster.
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        #else
        clock_gettime(CLOCK_REALTIME, &time)
        #endif
        return UnixTime(secondsSinceEpoch: Int64(time.tv_sec))
    }
}

/// The operating system's monotonic clock. It goes on while the machine sleeps, as deadlines and TTLs do. On Linux it is
/// some milliseconds coarse.
public struct SystemMonotonicClock: MonotonicClock {
    /// The operating system's monotonic clock.
    public init() {}

    #if os(Linux)
    /// The present moment.
    public var now: MonotonicTime {
        // CLOCK_BOOTTIME, which goes on in sleep, would take a fifth of a warm look-up. The coarse clock stands
        // still meanwhile; how far it is behind is looked at once in each of its seconds.
        let ticking = Self.time(CLOCK_MONOTONIC_COARSE)
        let second = Int64(ticking.tv_sec)
        if Self.secondLookedAt.load(ordering: .acquiring) != second {
            Self.lookAtSleep()
            Self.secondLookedAt.store(second, ordering: .releasing)
        }
        return MonotonicTime(nanoseconds: Self.nanoseconds(ticking) &+ Self.asleep.load(ordering: .relaxed))
    }

    /// The nanoseconds that the machine is known to have slept since its start.
    private static let asleep = Atomic<Int64>(0)
    private static let secondLookedAt = Atomic<Int64>(-1)

    /// The thread may be held up between two looks at a clock, so the least that it can be: it only grows, and no clock
    /// of ours steps back.
    private static func lookAtSleep() {
        let withSleep = nanoseconds(time(CLOCK_BOOTTIME))
        let without = nanoseconds(time(CLOCK_MONOTONIC))
        asleep.max(withSleep &- without, ordering: .relaxed)
    }

    private static func time(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
    #else
    private static let origin = ContinuousClock.now

    /// The present moment.
    public var now: MonotonicTime {
        MonotonicTime(nanoseconds: 0).advanced(by: ContinuousClock.now - Self.origin)
    }
    #endif

    /// Returns once `deadline` has come.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    public func sleep(until deadline: MonotonicTime) async throws {
        repeat {
            try await Task.sleep(for: max(Duration.zero, deadline.duration(since: now)), clock: .continuous)
        } while now < deadline
    }
}
