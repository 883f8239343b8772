// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// "There is no policy", remembered for a while: resolver state on the monotonic clock, never a policy.
struct NegativeAnswer: Sendable {
    let reason: PolicyResolution.NoPolicyReason
    /// Only in asynchronous mode, where a failure is told by the resolutions that follow.
    let failure: PolicyFailure?
    let until: MonotonicTime

    /// The place that the answer takes, in units of some 256 octets.
    var weight: Int {
        guard case .fetch(let failure) = failure else { return 1 }
        return 1 + failure.invalidText.count / 256
    }
}

/// How long answers are relied on.
enum Interval {
    /// Until a fresh policy's record is looked up again: the TTL within a minute and an hour.
    static func recordCheck(_ timeToLive: Duration?) -> Duration {
        min(max(timeToLive ?? .seconds(60), .seconds(60)), .seconds(3_600))
    }

    /// For which "there is no record" is believed: the TTL within ten seconds and an hour.
    static func negative(_ timeToLive: Duration?) -> Duration {
        min(max(timeToLive ?? .seconds(10), .seconds(10)), .seconds(3_600))
    }

    /// Until a fresh policy's record is looked up again after DNS gave no answer.
    static let afterDNSFailure = Duration.seconds(30)

    /// Until a fresh policy's record is looked up again after there was no room for a fetch.
    static let afterOverload = Duration.seconds(30)

    /// For which asynchronous mode tells a failure instead of looking again.
    static let asynchronousFailure = Duration.seconds(10)
}
