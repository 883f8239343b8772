// SPDX-License-Identifier: Apache-2.0

/// Tells the wall time. A process gets it from the operating system, a test from a clock set by hand.
///
/// It decides only whether a policy has expired (RFC 8461 section 3.2); it may step back or forward.
public protocol WallClock: Sendable {
    /// The present moment.
    var now: UnixTime { get }
}

/// Tells the time that passes, for deadlines, back-off, negative answers and re-checks.
///
/// It never steps back; its origin means nothing and is another after a restart.
public protocol MonotonicClock: Sendable {
    /// The present moment.
    var now: MonotonicTime { get }

    /// Returns once `deadline` has come, at once if it has passed.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func sleep(until deadline: MonotonicTime) async throws
}

/// A moment of a ``MonotonicClock``: nanoseconds since an origin of the clock's choice. Arithmetic saturates.
public struct MonotonicTime: Hashable, Comparable, Sendable {
    /// Nanoseconds since the clock's origin.
    public let nanoseconds: Int64

    /// A moment by its distance from the clock's origin, in nanoseconds.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// This moment moved by a duration, held within the range of the type.
    public func advanced(by duration: Duration) -> MonotonicTime {
        let step = duration.clampedNanoseconds
        let (sum, overflow) = nanoseconds.addingReportingOverflow(step)
        if overflow { return MonotonicTime(nanoseconds: step < 0 ? .min : .max) }
        return MonotonicTime(nanoseconds: sum)
    }

    /// The duration from `earlier` to this moment, negative if `earlier` is later.
    public func duration(since earlier: MonotonicTime) -> Duration {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        if overflow { return .nanoseconds(nanoseconds < earlier.nanoseconds ? Int64.min : Int64.max) }
        return .nanoseconds(difference)
    }

    /// Orders moments in time.
    public static func < (lhs: MonotonicTime, rhs: MonotonicTime) -> Bool { lhs.nanoseconds < rhs.nanoseconds }
}

extension Duration {
    /// The duration in nanoseconds, held within the range of `Int64` (292 years).
    package var clampedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        if sumOverflow { return seconds < 0 ? .min : .max }
        return sum
    }
}
