// SPDX-License-Identifier: Apache-2.0

#if MTASTS_THREAD_SANITIZER
internal import Synchronization
#else
package import Synchronization
#endif

/// A moment of wall time: whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Only the moment a policy was fetched is kept as wall time, since it outlives a restart (RFC 8461 section 3.2).
/// Arithmetic saturates: no value from outside can make it trap.
public struct UnixTime: Hashable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z; negative before it.
    public let secondsSinceEpoch: Int64

    /// A moment by its distance from the epoch, in seconds.
    public init(secondsSinceEpoch: Int64) { self.secondsSinceEpoch = secondsSinceEpoch }

    /// This moment moved by a number of seconds, held within the range of the type.
    public func advanced(bySeconds seconds: Int64) -> UnixTime {
        let (sum, overflow) = secondsSinceEpoch.addingReportingOverflow(seconds)
        if overflow { return UnixTime(secondsSinceEpoch: seconds < 0 ? .min : .max) }
        return UnixTime(secondsSinceEpoch: sum)
    }

    /// The seconds from `earlier` to this moment, negative if `earlier` is later, held within the range of the type.
    public func seconds(since earlier: UnixTime) -> Int64 {
        let (difference, overflow) = secondsSinceEpoch.subtractingReportingOverflow(earlier.secondsSinceEpoch)
        if overflow { return secondsSinceEpoch < earlier.secondsSinceEpoch ? .min : .max }
        return difference
    }
}

extension UnixTime: Comparable, CustomStringConvertible {
    /// Orders moments in time.
    public static func < (lhs: UnixTime, rhs: UnixTime) -> Bool { lhs.secondsSinceEpoch < rhs.secondsSinceEpoch }

    /// The seconds since the epoch in decimal.
    public var description: String { String(secondsSinceEpoch) }
}

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

// What is shared between threads. It stands here since this module is kept to four files.

#if MTASTS_THREAD_SANITIZER
/// A `Mutex` whose hand-over the thread sanitizer can see.
///
/// On Linux the slow path of `Mutex` is inside the standard library, which is not instrumented: the sanitizer then
/// reports every contended lock as a race. An atomic that each owner reads on entry and writes on exit shows it the
/// order that the lock makes. `Tests/sanitize` builds with this; nothing else does.
package struct Lock<Value: ~Copyable>: ~Copyable {
    private let mutex: Mutex<Value>
    private let handOver = Atomic(false)

    package init(_ value: consuming sending Value) { mutex = Mutex(value) }

    package func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { (value: inout sending Value) throws(Failure) -> sending Result in
            _ = handOver.load(ordering: .acquiring)
            defer { handOver.store(true, ordering: .releasing) }
            return try body(&value)
        }
    }
}

extension Lock: Sendable where Value: ~Copyable {}
#else
/// The lock of this package: the standard library's.
package typealias Lock = Mutex
#endif

/// A date of the Gregorian calendar, which is taken to hold for all years.
package struct CivilDate: Hashable, Sendable {
    /// The year; 0 is the one before 1.
    package let year: Int64
    /// From 1 to 12.
    package let month: Int64
    /// From 1 to 31.
    package let day: Int64

    /// A date, which is not checked: a day after the last of a month is one of the next month to ``daysSinceEpoch``. The
    /// year has at most nine digits.
    package init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    // Years begin in March, so that the leap day ends one; 400 of them, an era, have 146,097 days, and the first begins
    // on 0000-03-01.

    /// Days since 1970-01-01; negative before it.
    package var daysSinceEpoch: Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The date so many days after 1970-01-01; before it if that is negative. At most 10^14 of them.
    package init(daysSinceEpoch days: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
