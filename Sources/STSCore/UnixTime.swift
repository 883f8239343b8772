// SPDX-License-Identifier: Apache-2.0

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
