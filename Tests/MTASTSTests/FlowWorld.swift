// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import Synchronization

@testable import MTASTS

/// A resolver with everything round it in the test's hands.
struct FlowWorld {
    let domain: DomainName
    let wall = ManualWallClock()
    let mono = ManualMonotonicClock()
    let dns: ScriptedDNS
    let https: ScriptedHTTPS
    let store: (any PolicyStore)?
    let resolver: PolicyResolver

    init(
        _ name: String = "example.com",
        store: (any PolicyStore)? = MemoryPolicyStore(),
        capacity: Int = 1_000,
        _ change: (inout ResolverConfiguration) -> Void = { _ in }
    ) throws {
        domain = try DomainName(parsing: name)
        dns = ScriptedDNS(clock: mono)
        https = ScriptedHTTPS(clock: mono)
        self.store = store
        var configuration = ResolverConfiguration(wallClock: wall, monotonicClock: mono)
        change(&configuration)
        resolver = PolicyResolver(
            dns: dns,
            http: https,
            cache: PolicyCache(store: store, capacity: capacity),
            configuration: configuration
        )
    }

    var nextHop: NextHop { .domain(domain) }
    var recordName: DomainName { get throws { try require(domain.stsRecordName) } }
    var policyHost: DomainName { get throws { try require(domain.policyHost) } }

    /// Lets both clocks go on.
    func advance(bySeconds seconds: Int64) {
        wall.advance(bySeconds: seconds)
        mono.advance(by: .seconds(seconds))
    }

    func resolve() async throws -> PolicyResolution { try await resolver.resolve(nextHop) }

    func publish(id: String, _ text: String, timeToLive: Duration? = nil) {
        dns.publishRecord("v=STSv1; id=\(id);", for: domain, timeToLive: timeToLive)
        https.publishPolicy(text, for: domain)
    }

    /// The events so far: the stream is read up to one that this sends.
    func events() async -> [PolicyEvent] {
        let mark = PolicyEvent.storeFailed(nil, reason: "end of test")
        resolver.report(mark)
        var events: [PolicyEvent] = []
        for await event in resolver.events {
            if event == mark { break }
            events.append(event)
        }
        return events
    }

    /// Starts `run()`, waits until its first round is done, and stops it after `body`.
    func whileRunning(_ body: (_ nextRound: (_ seconds: Int64) async -> Void) async throws -> Void) async throws {
        let task = Task { await resolver.run() }
        let loops = store == nil ? 1 : 2
        await mono.waitForSleepers(loops)
        do {
            try await body { seconds in
                advance(bySeconds: seconds)
                await mono.waitForSleepers(loops)
            }
        } catch {
            task.cancel()
            throw error
        }
        task.cancel()
        await task.value
    }
}

struct MissingValue: Error {}

func require<T>(_ value: T?) throws -> T {
    guard let value else { throw MissingValue() }
    return value
}

/// A policy file.
func policyText(_ mode: String = "enforce", maxAge: Int = 604_800, mx: [String] = ["mail.example.com"]) -> String {
    "version: STSv1\nmode: \(mode)\n" + mx.map { "mx: \($0)\n" }.joined() + "max_age: \(maxAge)\n"
}

/// A store that fails while a test says so, or never takes some domains.
final class SwitchableStore: PolicyStore {
    let inner = MemoryPolicyStore()
    private let broken = Atomic(false)
    private let refusedDomains = Mutex<Set<DomainName>>([])
    var refused: Set<DomainName> {
        get { refusedDomains.withLock { $0 } }
        set { refusedDomains.withLock { $0 = newValue } }
    }
    var isBroken: Bool {
        get { broken.load(ordering: .sequentiallyConsistent) }
        set { broken.store(newValue, ordering: .sequentiallyConsistent) }
    }

    private func check() throws { if isBroken { throw BrokenStore.Failure() } }

    func entry(for domain: DomainName) throws -> StoredPolicy? {
        try check()
        return inner.entry(for: domain)
    }

    func put(_ policy: CachedPolicy, for domain: DomainName, replacing revision: StoreRevision?) throws -> Bool {
        try check()
        if refused.contains(domain) { throw BrokenStore.Failure() }
        return inner.put(policy, for: domain, replacing: revision)
    }

    func remove(_ domain: DomainName, revision: StoreRevision) throws -> Bool {
        try check()
        return inner.remove(domain, revision: revision)
    }

    func entries(after cursor: StoreCursor?, limit: Int) throws -> StorePage {
        try check()
        return inner.entries(after: cursor, limit: limit)
    }
}

struct BrokenStore: PolicyStore {
    struct Failure: Error {}
    func entry(for domain: DomainName) throws -> StoredPolicy? { throw Failure() }
    func put(_ policy: CachedPolicy, for domain: DomainName, replacing: StoreRevision?) throws -> Bool {
        throw Failure()
    }
    func remove(_ domain: DomainName, revision: StoreRevision) throws -> Bool { throw Failure() }
    func entries(after cursor: StoreCursor?, limit: Int) throws -> StorePage { throw Failure() }
}
