// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import RequirementTrait
import Testing

@testable import MTASTS

/// `run()`: R-CACHE-05 to R-CACHE-09.
@Suite struct RefreshTests {
    private func cached(_ world: FlowWorld) async throws -> CachedPolicy {
        try require(await world.resolver.explain(world.domain).policy)
    }

    @Test(.proves("R-CACHE-05", "R-CACHE-06", "R-CACHE-07")) func aPolicyIsRefreshedDailyAlthoughItsRecordIsGone()
        async throws
    {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        _ = try await world.resolve()
        world.dns.answer(.noSuchName(), at: try world.recordName)
        try await world.whileRunning { nextRound in
            await nextRound(60)
            #expect(world.https.requests.count == 1)  // not due yet
            await nextRound(86_400)
            #expect(world.https.requests.count == 2)
        }
        let entry = try await cached(world)
        #expect(entry.fetchedAt == world.wall.now)
        #expect(entry.recordID == STSRecord.ID("1"))
        #expect(try await world.store?.entry(for: world.domain)?.policy.fetchedAt == world.wall.now)
    }

    @Test(.proves("R-CACHE-08", "R-CACHE-09")) func aFailingRefreshIsRetriedLaterAndLater() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        _ = try await world.resolve()
        let fetchedAt = world.wall.now
        world.https.answer(.failure(.certificate(reason: "expired")), at: try world.policyHost)
        var attempts: [Int64] = []
        try await world.whileRunning { nextRound in
            await nextRound(86_400)
            for _ in 0..<(24 * 60) {
                let before = world.https.requests.count
                await nextRound(60)
                if world.https.requests.count > before { attempts.append(world.wall.now.seconds(since: fetchedAt)) }
            }
        }
        let gaps = zip(attempts, attempts.dropFirst()).map { $1 - $0 }
        #expect(gaps == [600, 1_200, 2_400, 4_800, 9_600, 19_200, 21_600, 21_600].prefix(gaps.count).map { $0 })
        #expect(gaps.count >= 6)
        #expect(try await cached(world).fetchedAt == fetchedAt)  // R-CACHE-09
        let events = await world.events()
        #expect(events.contains { if case .refreshFailed = $0 { true } else { false } })
        let carrier = try await world.resolve()
        #expect(carrier.discoveryFindings.contains { $0.resultType == .stsWebPKIInvalid })
    }

    @Test func theOperatorIsToldOncePerDayThatAPolicyLapses() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(maxAge: 4 * 86_400))
        _ = try await world.resolve()
        world.https.answer(.failure(.connection(reason: "refused")), at: try world.policyHost)
        try await world.whileRunning { nextRound in
            for _ in 0..<(4 * 24 * 2 - 1) { await nextRound(1_800) }
        }
        let days = await world.events().compactMap { if case .lapsing(_, let days) = $0 { days } else { nil } }
        #expect(days == [1, 0])
    }

    @Test func aPolicyNobodyAsksForLapses() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(maxAge: 40 * 86_400))
        _ = try await world.resolve()
        try await world.whileRunning { nextRound in
            for _ in 0..<35 { await nextRound(86_400) }
            let requests = world.https.requests.count
            #expect((25...31).contains(requests))
            for _ in 0..<40 { await nextRound(86_400) }
            #expect(world.https.requests.count == requests)
        }
        #expect(world.resolver.cache.statistics.policiesInMemory == 0)  // expired, and dropped
        // The store keeps it for as long as the clock may have been wrong.
        #expect(try await world.store?.entry(for: world.domain) != nil)
        world.advance(bySeconds: 366 * 86_400)
        try await world.whileRunning { nextRound in
            // At the start the clock may not have been set yet.
            let stored = try await world.store?.entry(for: world.domain)
            #expect(stored != nil)
            await nextRound(3_600)
        }
        #expect(try await world.store?.entry(for: world.domain) == nil)
    }

    @Test(.proves("R-CACHE-05", "R-CACHE-06")) func aShortPolicyIsRefreshedInTimeWhileMailAsks() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(maxAge: 600))
        _ = try await world.resolve()
        world.dns.answer(.failure(DNSFailure(.timeout)), at: try world.recordName)
        try await world.whileRunning { nextRound in
            for _ in 0..<60 {
                await nextRound(60)
                let resolution = try await world.resolve()
                #expect(resolution.policy != nil)
            }
        }
        #expect((10...20).contains(world.https.requests.count))
    }

    @Test func policiesOfTheStoreAreRefreshedWithoutEnteringMemory() async throws {
        let store = MemoryPolicyStore()
        let first = try FlowWorld(store: store)
        first.publish(id: "1", policyText())
        _ = try await first.resolve()
        let second = try FlowWorld(store: store)
        second.publish(id: "1", policyText("testing"))
        second.advance(bySeconds: 86_400)
        try await second.whileRunning { _ in }
        #expect(second.https.requests.count == 1)
        #expect(second.resolver.cache.statistics.policiesInMemory == 0)
        #expect(store.entry(for: second.domain)?.policy.policy.mode == .testing)
    }

    @Test(.proves("R-CACHE-16")) func aClockSetBackLeadsToARefresh() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        _ = try await world.resolve()
        world.wall.advance(bySeconds: -365 * 86_400)
        try await world.whileRunning { _ in }
        #expect(world.https.requests.count == 2)
        #expect(try await cached(world).fetchedAt == world.wall.now)  // R-CACHE-16
    }

    @Test func manyPoliciesDueAtOnceAreSpread() async throws {
        let world = try FlowWorld(capacity: 10_000)
        let domains = try (0..<2_000).map { try DomainName(parsing: "d\($0).example") }
        for domain in domains {
            world.dns.publishRecord("v=STSv1; id=1;", for: domain)
            world.https.publishPolicy(policyText(), for: domain)
            _ = try await world.resolver.resolve(.domain(domain))
        }
        var perRound: [Int] = []
        try await world.whileRunning { nextRound in
            await nextRound(64_000)
            for _ in 0..<24 {
                let before = world.https.requests.count
                await nextRound(1_000)
                perRound.append(world.https.requests.count - before)
            }
        }
        #expect(world.https.requests.count == 4_000)
        #expect(perRound.max() ?? .max < 200)  // evenly they would be 93 a round
    }

    /// What messages ask for while memory has no room for it is not left to lapse for disuse.
    @Test func whatWasAskedForIsNotedInTheStore() async throws {
        let world = try FlowWorld(capacity: 1)
        world.publish(id: "1", policyText(maxAge: 40 * 86_400))
        _ = try await world.resolve()
        world.advance(bySeconds: 8 * 86_400)
        world.resolver.cache.forget(world.domain)
        _ = try await world.resolve()
        #expect(try await world.store?.entry(for: world.domain)?.policy.lastRequestedAt == world.wall.now)
    }

    /// Another process that shares the store has refreshed it.
    @Test func aPolicyThatAnotherProcessRefreshedHasNotLapsed() async throws {
        let store = MemoryPolicyStore()
        let world = try FlowWorld(store: store)
        world.publish(id: "1", policyText(maxAge: 86_400))
        _ = try await world.resolve()
        world.advance(bySeconds: 86_000)
        let refreshed = CachedPolicy(
            policy: try STSPolicy(parsing: policyText(maxAge: 86_400)),
            recordID: STSRecord.ID("1"),
            fetchedAt: world.wall.now
        )
        let revision = store.entry(for: world.domain)?.revision
        #expect(store.put(refreshed, for: world.domain, replacing: revision))
        world.advance(bySeconds: 500)
        world.https.answer(.failure(.connection(reason: "refused")), at: try world.policyHost)
        await world.resolver.refreshDue()
        let isTold = await world.events().contains { if case .lapsed = $0 { true } else { false } }
        #expect(!isTold)
        #expect(try await world.resolve().policy != nil)
    }

    /// The time of a fetch is that of its GET, not that at which it began to wait for its turn.
    @Test func aFetchBeginsWhenItsTurnHasCome() async throws {
        let world = try FlowWorld { $0.maximumConcurrentFetches = 1 }
        let other = try DomainName(parsing: "other.example")
        let host = try require(other.policyHost)
        world.dns.publishRecord("v=STSv1; id=1;", for: other)
        world.https.publishPolicy(policyText(), for: other)
        world.https.hold(host)
        world.publish(id: "1", policyText())
        async let first = world.resolver.resolve(.domain(other))
        await world.https.waitForRequests(1, at: host)
        async let second = world.resolve()
        await world.mono.waitForSleepers()
        world.advance(bySeconds: 20)
        world.https.release(host)
        _ = try await first
        let fetched = try await second.cachedPolicy?.fetchedAt
        #expect(fetched == world.wall.now)
    }
}
