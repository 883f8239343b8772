// SPDX-License-Identifier: Apache-2.0

public import Foundation
public import MTASTS

extension Date {
    /// The moment as a date.
    public init(_ time: UnixTime) { self.init(timeIntervalSince1970: TimeInterval(time.secondsSinceEpoch)) }
}

extension UnixTime {
    /// The date's moment in whole seconds, rounded down, held within the range of the type.
    public init(_ date: Date) {
        let seconds = date.timeIntervalSince1970.rounded(.down)
        if seconds.isNaN {
            self.init(secondsSinceEpoch: 0)
        } else {
            // The bounds are powers of two that a double holds exactly.
            let low: Double = -9_223_372_036_854_775_808
            self.init(secondsSinceEpoch: seconds <= low ? .min : seconds >= -low ? .max : Int64(seconds))
        }
    }
}
