// SPDX-License-Identifier: Apache-2.0

public import STSCore
public import STSPolicy

/// What an operator decides for one policy domain against what the domain publishes.
public enum PolicyOverride: Hashable, Sendable {
    /// As if the domain had no policy; nothing is looked up.
    case ignore
    /// An enforcing policy is treated as a testing one.
    case treatAsTesting
    /// This policy is in force whatever the domain publishes; nothing is looked up.
    case pin(STSPolicy)
}

/// The settings of a ``PolicyResolver``. The defaults are those that RFC 8461 suggests, where it does.
public struct ResolverConfiguration: Sendable {
    /// Whether a delivery waits for a policy that is not cached.
    public enum FetchMode: Sendable {
        /// It waits.
        case synchronous
        /// It goes on without a policy, and the next one finds it (RFC 8461 section 3.3).
        case asynchronous
    }

    /// Whether a delivery waits for a policy that is not cached.
    public var fetchMode: FetchMode = .synchronous

    /// How long one HTTPS exchange may take (RFC 8461 section 3.3: one minute).
    public var fetchDeadline: Duration = PolicyRequest.defaultDeadline

    /// The most octets of a policy file (RFC 8461 section 3.3: 64 KiB). The parser takes no more in any case.
    public var bodyLimit = PolicyRequest.defaultBodyLimit

    /// How long a fetch that failed is not tried again for the same id (RFC 8461 section 3.3: five minutes or longer).
    public var backOff: Duration = .seconds(300)

    /// Whether an answer without Content-Type is taken. RFC 8461 section 3.2 wants text/plain; captive portals and
    /// error pages are what else is found.
    public var allowsMissingMediaType = false

    /// The most fetches for messages at once; those of refreshes have their own cap.
    public var maximumConcurrentFetches = 64

    /// The most fetches that wait for their turn; one more is given up at once, with failure `overloaded`.
    public var maximumWaitingFetches = 4_096

    /// How long a fetch waits for its turn before it is given up, with failure `overloaded`.
    public var fetchPatience: Duration = .seconds(30)

    /// The most domains looked up at once; one more is answered at once, with failure `overloaded`.
    public var maximumConcurrentLookups = 16_384

    /// The most domains for which "no policy" is remembered, and back-off likewise.
    public var maximumNegativeEntries = 100_000

    /// The most refreshes at once, of policies in memory and likewise of those in the store alone.
    public var maximumConcurrentRefreshes = 8

    /// The events kept for a reader that is slow; more are dropped and counted.
    public var eventBufferSize = 1_024

    /// The operator's word for single domains.
    public var overrides: [DomainName: PolicyOverride] = [:]

    /// Tells the wall time.
    public var wallClock: any WallClock

    /// Tells the time that passes.
    public var monotonicClock: any MonotonicClock

    /// Settings to change at will before the resolver is made.
    public init(
        wallClock: any WallClock = SystemWallClock(),
        monotonicClock: any MonotonicClock = SystemMonotonicClock()
    ) {
        self.wallClock = wallClock
        self.monotonicClock = monotonicClock
    }
}
