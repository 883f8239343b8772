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
    /// What a look-up found, for all who wait for it.
    struct Discovery: Sendable {
        var state: PolicyResolution.State
        var failure: PolicyFailure?
        var storeFailure: String?
    }

    let dns: any DNSTransport
    let fetcher: PolicyFetcher
    let configuration: ResolverConfiguration
    let flights: FlightTable<DomainName, Discovery>
    let rechecks: FlightTable<DomainName, Discovery>
    let fetches: FlightTable<FetchKey, Fetch>
    let limiter: FetchLimiter
    /// A limiter of their own: what strangers ask for must not let known policies lapse.
    let refreshLimiter: FetchLimiter
    let backOff: BackOff
    let negatives: ShardedMap<NegativeAnswer>
    let pendingFindings: PendingFindings
    let changes: ChangeHistory
    let refreshes: RefreshState
    /// The domains with a fresh policy whose record DNS does not give, of which the operator was told.
    let recordTroubles: ShardedMap<RecordTrouble?>
    /// The fetches that lie in the future, of policies that age in memory instead.
    let agedFetches: ShardedMap<UnixTime>
    /// The fetch of the policy whose end the operator was last told of.
    let lapses: ShardedMap<UnixTime?>
    /// When the operator is told again of a limit reached.
    private let nextOverload = Lock(MonotonicTime(nanoseconds: .min))
    private let overrides: Lock<[DomainName: PolicyOverride]>
    private let hasOverrides: Atomic<Bool>
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
        // A table of its own: what strangers ask for must not keep a message's last look from being had.
        rechecks = FlightTable(capacity: configuration.maximumConcurrentLookups)
        // Two rounds of refreshes run at once, that of memory and that of the store.
        let refreshLimit = 2 * min(max(1, configuration.maximumConcurrentRefreshes), 1 << 20)
        fetches = FlightTable(capacity: 2 * min(configuration.maximumConcurrentLookups, 1 << 40) + refreshLimit)
        limiter = FetchLimiter(
            maximumRunning: configuration.maximumConcurrentFetches,
            maximumWaiting: configuration.maximumWaitingFetches,
            patience: configuration.fetchPatience,
            clock: configuration.monotonicClock
        )
        refreshLimiter = FetchLimiter(
            maximumRunning: refreshLimit,
            maximumWaiting: refreshLimit,
            patience: configuration.fetchPatience,
            clock: configuration.monotonicClock
        )
        backOff = BackOff(delay: configuration.backOff, capacity: configuration.maximumNegativeEntries)
        negatives = ShardedMap(capacity: configuration.maximumNegativeEntries)
        pendingFindings = PendingFindings(capacity: configuration.maximumNegativeEntries)
        changes = ChangeHistory(capacity: 4_096)
        refreshes = RefreshState(capacity: configuration.maximumNegativeEntries)
        recordTroubles = ShardedMap(capacity: configuration.maximumNegativeEntries)
        agedFetches = ShardedMap(capacity: configuration.maximumNegativeEntries)
        lapses = ShardedMap(capacity: 4_096)
        overrides = Lock(configuration.overrides)
        hasOverrides = Atomic(!configuration.overrides.isEmpty)
        (events, eventSink) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(max(1, configuration.eventBufferSize))
        )
    }

    deinit { eventSink.finish() }

    func report(_ event: PolicyEvent) {
        if case .dropped = eventSink.yield(event) { dropped.add(1, ordering: .relaxed) }
    }

    func noteOverload(_ domain: DomainName, _ reason: String) {
        let now = monotonicNow
        let isNews = nextOverload.withLock { next in
            guard now >= next else { return false }
            next = now.advanced(by: .seconds(60))
            return true
        }
        if isNews { report(.overloaded(domain, reason: reason)) }
    }

    var now: UnixTime { configuration.wallClock.now }
    var monotonicNow: MonotonicTime { configuration.monotonicClock.now }

    /// Whether the operator has a word for any domain.
    var overridesPolicies: Bool { hasOverrides.load(ordering: .relaxed) }

    /// The operator's word for a domain, nil if there is none.
    public func policyOverride(for domain: DomainName) -> PolicyOverride? {
        guard overridesPolicies else { return nil }
        return overrides.withLock { $0[domain] }
    }

    /// Sets or, with nil, takes back the operator's word for a domain, from the next resolution on.
    public func setPolicyOverride(_ override: PolicyOverride?, for domain: DomainName) {
        overrides.withLock { overrides in
            overrides[domain] = override
            hasOverrides.store(!overrides.isEmpty, ordering: .relaxed)
        }
    }
}
