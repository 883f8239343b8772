// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
public import STSCore
internal import STSPolicy
import Synchronization
internal import TLSRPT

/// Finds the policy in force for a next hop (RFC 8461 sections 3 and 5.1).
///
/// One resolver serves a whole process. It asks DNS and the policy host when it must, keeps what it learns in its
/// cache, and makes one query and one fetch for a domain however many callers wait. Run ``run()`` beside it: without
/// it policies are not refreshed, and lapse.
public final class PolicyResolver: Sendable {
    enum Purpose: Hashable, Sendable { case delivery, recheck }

    struct FlightKey: Hashable, Sendable {
        let domain: DomainName
        let purpose: Purpose
    }

    /// What a look-up found, for all who wait for it.
    struct Discovery: Sendable {
        var state: PolicyResolution.State
        var failure: PolicyFailure?
        var storeFailure: String?
    }

    let dns: any DNSTransport
    let fetcher: PolicyFetcher
    let configuration: ResolverConfiguration
    let flights: FlightTable<FlightKey, Discovery>
    let limiter: FetchLimiter
    let backOff: BackOff
    let negatives: ShardedMap<NegativeAnswer>
    let pendingFindings: PendingFindings
    let changes: ChangeHistory
    let refreshes: RefreshState
    private let overrides: Mutex<[DomainName: PolicyOverride]>
    private let eventSink: AsyncStream<PolicyEvent>.Continuation
    private let dropped = Atomic<Int>(0)

    /// The policies known.
    public let cache: PolicyCache

    /// What operators may want to know, for one reader. A reader that is slow loses events, never holds up mail.
    public let events: AsyncStream<PolicyEvent>

    /// The number of events dropped since nobody read them in time.
    public var droppedEvents: Int { dropped.load(ordering: .relaxed) }

    /// A resolver.
    ///
    /// - Parameters:
    ///   - dns: Looks up TXT records.
    ///   - http: Fetches policy files.
    ///   - cache: Keeps policies.
    ///   - configuration: The settings.
    public init(
        dns: any DNSTransport,
        http: any HTTPTransport,
        cache: PolicyCache = PolicyCache(),
        configuration: ResolverConfiguration = ResolverConfiguration()
    ) {
        self.dns = dns
        self.cache = cache
        self.configuration = configuration
        fetcher = PolicyFetcher(
            transport: http,
            deadline: configuration.fetchDeadline,
            bodyLimit: configuration.bodyLimit,
            allowsMissingMediaType: configuration.allowsMissingMediaType
        )
        flights = FlightTable(capacity: configuration.maximumConcurrentLookups)
        limiter = FetchLimiter(
            maximumRunning: configuration.maximumConcurrentFetches,
            maximumWaiting: configuration.maximumWaitingFetches,
            patience: configuration.fetchPatience,
            clock: configuration.monotonicClock
        )
        backOff = BackOff(delay: configuration.backOff, capacity: configuration.maximumNegativeEntries)
        negatives = ShardedMap(capacity: configuration.maximumNegativeEntries)
        pendingFindings = PendingFindings(capacity: configuration.maximumNegativeEntries)
        changes = ChangeHistory(capacity: 4_096)
        refreshes = RefreshState(capacity: configuration.maximumNegativeEntries)
        overrides = Mutex(configuration.overrides)
        (events, eventSink) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(max(1, configuration.eventBufferSize))
        )
    }

    deinit { eventSink.finish() }

    func report(_ event: PolicyEvent) {
        if case .dropped = eventSink.yield(event) { dropped.add(1, ordering: .relaxed) }
    }

    var now: UnixTime { configuration.wallClock.now }
    var monotonicNow: MonotonicTime { configuration.monotonicClock.now }

    /// The operator's word for a domain, nil if there is none.
    public func policyOverride(for domain: DomainName) -> PolicyOverride? { overrides.withLock { $0[domain] } }

    /// Sets or, with nil, takes back the operator's word for a domain, from the next resolution on.
    public func setPolicyOverride(_ override: PolicyOverride?, for domain: DomainName) {
        overrides.withLock { $0[domain] = override }
    }
}

extension PolicyResolver {
    /// The policy in force, found if need be.
    ///
    /// DNS, HTTPS and store trouble are values in the resolution. A fresh cached policy stays in force whatever fails
    /// (RFC 8461 sections 3.3 and 5.1).
    ///
    /// - Throws: `CancellationError` if the task is cancelled while it waits; nothing else.
    public func resolve(_ nextHop: NextHop) async throws -> PolicyResolution {
        if let resolution = peek(nextHop) { return resolution }
        guard let domain = nextHop.policyDomain else { return unavailable(nextHop, .noPolicyDomain) }
        let key = FlightKey(domain: domain, purpose: .delivery)
        if configuration.fetchMode == .asynchronous, await !isFreshPolicyKnown(domain) {
            guard flights.startUnattended(key, { await self.discover(domain, .delivery) }) else {
                return overloaded(nextHop)
            }
            return resolution(nextHop, domain, Discovery(state: .pending))
        }
        guard let discovery = try await flights.value(for: key, { await self.discover(domain, .delivery) }) else {
            return overloaded(nextHop)
        }
        return resolution(nextHop, domain, discovery)
    }

    /// The policy in force if it is known without asking anybody; nil if ``resolve(_:)`` has to ask. It never waits.
    public func peek(_ nextHop: NextHop) -> PolicyResolution? {
        guard let domain = nextHop.policyDomain else { return unavailable(nextHop, .noPolicyDomain) }
        let override = policyOverride(for: domain)
        switch override {
        case .ignore: return unavailable(nextHop, .ignored)
        case .pin(let policy): return PolicyResolution(nextHop: nextHop, state: .policy(policy, .pinned))
        case .treatAsTesting, nil: break
        }
        guard domain.stsRecordName != nil else { return unavailable(nextHop, .nameTooLong) }
        let now = now
        let monotonicNow = monotonicNow
        if let hit = cache.lookUp(domain, now: now), hit.policy.isFresh(at: now) {
            guard monotonicNow < hit.nextCheck, now >= hit.policy.fetchedAt else { return nil }
            return PolicyResolution(
                nextHop: nextHop,
                state: .policy(hit.policy.policy, .cached(hit.policy)),
                discoveryFindings: pendingFindings.take(for: domain),
                isTreatedAsTesting: override == .treatAsTesting
            )
        }
        guard let negative = negatives.withValue(of: domain, { $0 }), monotonicNow < negative.until else { return nil }
        return resolution(nextHop, domain, Discovery(state: .noPolicy(negative.reason)))
    }

    /// Looks for a newer policy before a message is returned to its sender because of the one in force.
    ///
    /// RFC 8461 section 5.1: no permanent failure before DNS was asked for a new id, even while the cached policy is
    /// fresh and its record was looked up a moment ago.
    ///
    /// - Parameter resolution: What the last attempt went by.
    /// - Returns: `.changed` if another policy, or none, is in force now: try once more by it, at once.
    /// - Throws: `CancellationError` if the task is cancelled while it waits; nothing else.
    public func recheckBeforeFailing(_ resolution: PolicyResolution) async throws -> RecheckOutcome {
        let nextHop = resolution.nextHop
        guard let domain = nextHop.policyDomain, domain.stsRecordName != nil else { return .unchanged }
        let present: PolicyResolution
        switch policyOverride(for: domain) {
        case .ignore, .pin:
            guard let known = peek(nextHop) else { return .unchanged }
            present = known
        case .treatAsTesting, nil:
            let key = FlightKey(domain: domain, purpose: .recheck)
            guard let discovery = try await flights.value(for: key, { await self.discover(domain, .recheck) }) else {
                return .unchanged
            }
            present = self.resolution(nextHop, domain, discovery)
        }
        let isSame =
            present.policy == resolution.policy && present.effectiveMode == resolution.effectiveMode
            && present.cachedPolicy?.recordID == resolution.cachedPolicy?.recordID
        return isSame ? .unchanged : .changed(present)
    }

    /// Whether memory or store has a fresh policy, which must be applied even in asynchronous mode.
    private func isFreshPolicyKnown(_ domain: DomainName) async -> Bool {
        var storeFailure: String?
        return await known(domain, &storeFailure)?.isFresh(at: now) ?? false
    }

    private func unavailable(_ nextHop: NextHop, _ reason: PolicyResolution.NoPolicyReason) -> PolicyResolution {
        PolicyResolution(nextHop: nextHop, state: .noPolicy(reason))
    }

    private func overloaded(_ nextHop: NextHop) -> PolicyResolution {
        PolicyResolution(
            nextHop: nextHop,
            state: .noPolicy(.overloaded),
            failure: .overloaded(reason: "\(configuration.maximumConcurrentLookups) domains are being looked up")
        )
    }

    private func resolution(_ nextHop: NextHop, _ domain: DomainName, _ discovery: Discovery) -> PolicyResolution {
        PolicyResolution(
            nextHop: nextHop,
            state: discovery.state,
            failure: discovery.failure,
            storeFailure: discovery.storeFailure,
            discoveryFindings: pendingFindings.take(for: domain),
            isTreatedAsTesting: policyOverride(for: domain) == .treatAsTesting
        )
    }
}

/// What ``PolicyResolver/recheckBeforeFailing(_:)`` found.
public enum RecheckOutcome: Hashable, Sendable {
    /// Nothing new, or it could not be found out: the message may be returned once its lifetime is over.
    case unchanged
    /// This is in force now.
    case changed(PolicyResolution)
}
