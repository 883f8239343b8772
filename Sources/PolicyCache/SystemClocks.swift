// SPDX-License-Identifier: Apache-2.0

public import STSCore

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

/// The operating system's monotonic clock. It goes on while the machine sleeps, as deadlines and TTLs do.
public struct SystemMonotonicClock: MonotonicClock {
    /// The operating system's monotonic clock.
    public init() {}

    private static let origin = ContinuousClock.now

    /// The present moment.
    public var now: MonotonicTime {
        #if os(Linux)
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
        #else
        return MonotonicTime(nanoseconds: 0).advanced(by: ContinuousClock.now - Self.origin)
        #endif
    }

    /// Returns once `deadline` has come.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    public func sleep(until deadline: MonotonicTime) async throws {
        try await Task.sleep(for: max(Duration.zero, deadline.duration(since: now)), clock: .continuous)
    }
}
