// SPDX-License-Identifier: Apache-2.0

/// How the attempt at one MX host ended.
public enum MXOutcome: Hashable, Sendable {
    /// The message was accepted.
    case delivered
    /// The host was not used, by a ``DeliveryDecision``.
    case skipped(DeliveryDecision.SkipReason)
    /// The host was used and answered 4xx, or the connection broke.
    case transientFailure
    /// The host was used and answered 5xx.
    case permanentFailure
}

/// How far a message has come in the queue.
public enum QueueStage: Hashable, Sendable {
    /// It may stay and be tried again.
    case retriesLeft
    /// It would be returned now: its lifetime is over, or an operator asks for it.
    case lifetimeOver
    /// It would be returned now, and ``PolicyResolver/recheckBeforeFailing(_:)`` found nothing new.
    case lifetimeOverAndRechecked
}

/// What follows when all MX hosts were tried (RFC 8461 sections 5 and 5.1).
public enum WalkConclusion: Hashable, Sendable {
    /// Done.
    case delivered
    /// Keep the message and try again later, with the policy looked up anew. A policy failure is never permanent by
    /// itself (section 5).
    case deferred
    /// Call ``PolicyResolver/recheckBeforeFailing(_:)`` first: a policy stood in the way, and a message must not be
    /// returned without a look for a newer one (section 5.1).
    case recheckFirst
    /// Return the message to its sender.
    case failed
}

extension PolicyResolution {
    /// What follows when all MX hosts were tried.
    ///
    /// - Parameters:
    ///   - outcomes: How each attempt ended, in the order of the MX hosts. Before a message is returned those of earlier
    ///     walks belong to them: it is a policy failure, too, if a policy stood in the way for days and the host is merely
    ///     down at the end (RFC 8461 section 5.1).
    ///   - stage: How far the message has come in the queue.
    public func afterWalk(_ outcomes: [MXOutcome], stage: QueueStage = .retriesLeft) -> WalkConclusion {
        if outcomes.contains(.delivered) { return .delivered }
        let isPolicyFailure = outcomes.contains { outcome in
            if case .skipped(let reason) = outcome { reason.isPolicyFailure } else { false }
        }
        if outcomes.contains(.permanentFailure) {
            // A host's refusal is final in itself. But if a policy kept the message from another host it had a part in
            // that, and a look for a newer one comes first (RFC 8461 section 5.1, step 3).
            return isPolicyFailure && stage != .lifetimeOverAndRechecked ? .recheckFirst : .failed
        }
        return switch stage {
        case .retriesLeft: .deferred
        case .lifetimeOver: isPolicyFailure ? .recheckFirst : .failed
        case .lifetimeOverAndRechecked: .failed
        }
    }
}
