// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import PolicyCache
import RequirementTrait
import Synchronization
import Testing

@testable import MTASTS

/// Limits reached, stores that fail, and writers that overtake each other: no policy is lost by any of it.
@Suite struct HardeningTests {
    private func fill(_ world: FlowWorld) async throws -> Task<PolicyResolution, any Error> {
        let other = try DomainName(parsing: "other.example")
        let name = try require(other.stsRecordName)
        world.dns.hold(name)
        let task = Task { try await world.resolver.resolve(.domain(other)) }
        await world.dns.waitForQueries(1, at: name)
        return task
    }

    private func free(_ world: FlowWorld, _ task: Task<PolicyResolution, any Error>) async throws {
        world.dns.release(try require(DomainName("_mta-sts.other.example")))
        _ = try await task.value
    }

    /// A stranger whose policy host hangs takes all places of fetches: a known policy is refreshed all the same.
    @Test func strangersDoNotHoldUpRefreshes() async throws {
        let world = try FlowWorld {
            $0.maximumConcurrentFetches = 1
            $0.maximumWaitingFetches = 0
        }
        world.publish(id: "1", policyText())
        _ = try await world.resolve()
        let stranger = try DomainName(parsing: "stranger.example")
        let host = try require(stranger.policyHost)
        world.dns.publishRecord("v=STSv1; id=1;", for: stranger)
        world.https.hold(host)
        let message = Task { try await world.resolver.resolve(.domain(stranger)) }
        await world.https.waitForRequests(1, at: host)
        world.advance(bySeconds: 86_400)
        await world.resolver.refreshDue()
        #expect(world.https.requestCount(at: try world.policyHost) == 2)
        #expect(world.resolver.cache.inspect(world.domain)?.policy.fetchedAt == world.wall.now)
        world.https.release(host)
        _ = try await message.value
    }

    @Test func aFreshPolicyIsAppliedBeyondTheCapOfLookups() async throws {
        let world = try FlowWorld { $0.maximumConcurrentLookups = 1 }
        world.publish(id: "1", policyText())
        let used = try await world.resolve()
        world.advance(bySeconds: 4_000)
        let task = try await fill(world)
        let resolution = try await world.resolve()
        #expect(resolution.policy?.mode == .enforce && resolution.discoveryFindings.isEmpty)
        guard case .overloaded = resolution.failure else {
            Issue.record("\(String(describing: resolution.failure))")
            return
        }
        // The last look before a message is returned has a place of its own.
        let before = world.dns.queryCount(at: try world.recordName)
        #expect(try await world.resolver.recheckBeforeFailing(used) == .unchanged)
        #expect(world.dns.queryCount(at: try world.recordName) == before + 1)
        try await free(world, task)
    }

    @Test func aLookThatCouldNotBeHadIsNotUnchanged() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        let used = try await world.resolve()
        world.dns.answer(.failure(DNSFailure(.overloaded)), at: try world.recordName)
        #expect(try await world.resolver.recheckBeforeFailing(used) == .notChecked)
    }

    @Test func noRecordIsNotBelievedWhileTheStoreCannotBeRead() async throws {
        let store = SwitchableStore()
        let first = try FlowWorld(store: store)
        first.publish(id: "1", policyText())
        _ = try await first.resolve()
        let second = try FlowWorld(store: store)
        second.dns.answer(.noSuchName(timeToLive: .seconds(3_600)), at: try second.recordName)
        store.isBroken = true
        let broken = try await second.resolve()
        #expect(broken.policy == nil && broken.storeFailure != nil)
        store.isBroken = false
        #expect(try await second.resolve().policy?.mode == .enforce)
    }

    @Test func anExpiredCopyInMemoryDoesNotHideTheStores() async throws {
        let store = MemoryPolicyStore()
        let world = try FlowWorld(store: store)
        world.publish(id: "1", policyText(maxAge: 100))
        _ = try await world.resolve()
        world.advance(bySeconds: 101)
        let fresh = CachedPolicy(
            policy: try STSPolicy(parsing: policyText(maxAge: 100)),
            recordID: STSRecord.ID("1"),
            fetchedAt: world.wall.now
        )
        #expect(store.put(fresh, for: world.domain, replacing: store.entry(for: world.domain)?.revision))
        world.dns.answer(.failure(DNSFailure(.timeout)), at: try world.recordName)
        #expect(try await world.resolve().policy?.mode == .enforce)
    }

    @Test func aNewerPolicyOfTheStoreIsAppliedWhenTheFetchFails() async throws {
        let store = MemoryPolicyStore()
        let world = try FlowWorld(store: store)
        world.publish(id: "1", policyText("testing"))
        _ = try await world.resolve()
        world.advance(bySeconds: 100)
        let newer = CachedPolicy(
            policy: try STSPolicy(parsing: policyText()),
            recordID: STSRecord.ID("2"),
            fetchedAt: world.wall.now
        )
        #expect(store.put(newer, for: world.domain, replacing: store.entry(for: world.domain)?.revision))
        world.dns.publishRecord("v=STSv1; id=3;", for: world.domain)
        world.https.answer(.failure(.connection(reason: "refused")), at: try world.policyHost)
        #expect(try await world.resolve().policy?.mode == .enforce)
    }

    /// A refresh that was overtaken by a message's fetch neither wins nor counts as a request.
    @Test(arguments: [true, false])
    func aSlowRefreshDoesNotOverwriteANewerPolicy(hasStore: Bool) async throws {
        let world = try FlowWorld(store: hasStore ? MemoryPolicyStore() : nil)
        world.publish(id: "1", policyText("testing"))
        _ = try await world.resolve()
        let host = try world.policyHost
        world.https.answerOnce(.policy(policyText("testing")), at: host, after: .seconds(30))
        world.wall.advance(bySeconds: 10)
        let refresh = Task { await world.resolver.refresh(world.domain) }
        await world.mono.waitForSleepers()
        world.wall.advance(bySeconds: 10)
        world.dns.publishRecord("v=STSv1; id=2;", for: world.domain)
        world.https.publishPolicy(policyText(), for: world.domain)
        #expect(try await world.resolver.resolve(world.nextHop, afterPolicyFailure: true).policy?.mode == .enforce)
        world.mono.advance(by: .seconds(30))
        await refresh.value
        #expect(await world.resolver.explain(world.domain).policy?.policy.mode == .enforce)
        #expect(try await world.store?.entry(for: world.domain)?.policy.policy.mode ?? .enforce == .enforce)
    }

    /// Another process fetches while a fetch is under way; a message that then joins the fetch knows the newer entry
    /// from the store, and yet must not replace it.
    @Test func whoJoinsAFetchDoesNotOverwriteWhatWasFetchedAfterItsStart() async throws {
        let store = MemoryPolicyStore()
        let world = try FlowWorld(store: store)
        world.publish(id: "1", policyText("testing"))
        _ = try await world.resolve()
        let host = try world.policyHost
        world.https.hold(host)
        world.dns.publishRecord("v=STSv1; id=3;", for: world.domain)
        world.advance(bySeconds: 10)
        let refresh = Task { await world.resolver.refresh(world.domain) }
        await world.https.waitForRequests(2, at: host)
        world.advance(bySeconds: 10)
        let newer = CachedPolicy(
            policy: try STSPolicy(parsing: policyText()),
            recordID: STSRecord.ID("2"),
            fetchedAt: world.wall.now
        )
        let old = try require(store.entry(for: world.domain))
        #expect(store.put(newer, for: world.domain, replacing: old.revision))
        world.advance(bySeconds: 10)
        async let message = world.resolver.resolve(world.nextHop, afterPolicyFailure: true)
        while world.resolver.fetches.waiterCount < 2 { await Task.yield() }
        world.https.release(host)
        #expect(try await message.policy?.mode == .enforce)
        await refresh.value
        #expect(store.entry(for: world.domain)?.policy == newer)
    }

    /// Two look-ups of one domain, and DNS tells the slower one that there is no record.
    @Test func aPolicyFetchedMeanwhileIsApplied() async throws {
        let world = try FlowWorld()
        world.dns.answerOnce(.noSuchName(timeToLive: .seconds(3_600)), at: try world.recordName, after: .seconds(5))
        async let slow = world.resolve()
        await world.mono.waitForSleepers()
        world.publish(id: "1", policyText())
        #expect(try await world.resolver.resolve(world.nextHop, afterPolicyFailure: true).policy?.mode == .enforce)
        world.mono.advance(by: .seconds(5))
        #expect(try await slow.policy?.mode == .enforce)
        world.resolver.cache.forget(world.domain)
        #expect(try await world.resolve().policy?.mode == .enforce)
    }

    @Test func aResolutionAfterAPolicyFailureCarriesTheFindings() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(), timeToLive: .seconds(3_600))
        _ = try await world.resolve()
        world.https.answer(.failure(.connection(reason: "refused")), at: try world.policyHost)
        await world.resolver.refresh(world.domain)
        let next = try await world.resolver.resolve(world.nextHop, afterPolicyFailure: true)
        #expect(next.discoveryFindings.count == 1)
    }

    @Test func whatAServerSaysIsCutBeforeItIsKept() {
        let long = String(repeating: "a", count: 60_000)
        let causes: [FetchFailure.Cause] = [
            .mediaType(long), .contentEncoding(long), .transport(.connection(reason: long)),
        ]
        for cause in causes {
            #expect(FetchFailure(cause, recordID: nil).reason.utf8.count < 300)
        }
    }

    @Test func capsWithoutALimitDoNotTrap() async throws {
        let world = try FlowWorld {
            $0.maximumConcurrentLookups = .max
            $0.maximumConcurrentFetches = 1
            $0.maximumWaitingFetches = .max
        }
        let other = try DomainName(parsing: "other.example")
        world.publish(id: "1", policyText())
        world.dns.publishRecord("v=STSv1; id=1;", for: other)
        world.https.publishPolicy(policyText(), for: other)
        let host = try world.policyHost
        world.https.hold(host)
        async let first = world.resolve()
        await world.https.waitForRequests(1, at: host)
        async let second = world.resolver.resolve(.domain(other))
        await world.mono.waitForSleepers()
        world.https.release(host)
        #expect(try await first.policy != nil)
        #expect(try await second.policy != nil)
    }

    @Test(.proves("R-FETCH-20")) func oneFetchServesMessageLookAndRefresh() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        let used = try await world.resolve()
        let host = try world.policyHost
        world.advance(bySeconds: 4_000)
        world.dns.publishRecord("v=STSv1; id=2;", for: world.domain)
        world.https.hold(host)
        async let message = world.resolve()
        async let look = world.resolver.recheckBeforeFailing(used)
        async let refresh: Void = world.resolver.refresh(world.domain)
        await world.https.waitForRequests(2, at: host)
        while world.resolver.fetches.waiterCount < 3 { await Task.yield() }
        world.https.release(host)
        _ = try await (message, look, refresh)
        #expect(world.https.requestCount(at: host) == 2)
    }

    @Test func aLookBeforeFailingLeavesTheFindings() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        let used = try await world.resolve()
        world.dns.publishRecord("v=STSv1; id=2;", for: world.domain)
        world.https.answer(.failure(.connection(reason: "refused")), at: try world.policyHost)
        #expect(try await world.resolver.recheckBeforeFailing(used) == .unchanged)
        #expect(try await world.resolve().discoveryFindings.count == 1)
    }

    @Test func afterAFailedFetchTheRecordIsLookedUpWithinTheBackOff() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(), timeToLive: .seconds(3_600))
        _ = try await world.resolve()
        world.advance(bySeconds: 3_600)
        world.publish(id: "2", policyText("none", mx: []), timeToLive: .seconds(3_600))
        world.https.answerOnce(.failure(.connection(reason: "refused")), at: try world.policyHost)
        #expect(try await world.resolve().policy?.mode == .enforce)
        world.advance(bySeconds: 300)
        #expect(try await world.resolve().policy?.mode == STSPolicy.Mode.none)
    }

    @Test(.proves("R-FETCH-19")) func aRefreshKeepsToTheBackOff() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        _ = try await world.resolve()
        world.advance(bySeconds: 3_600)
        world.dns.publishRecord("v=STSv1; id=2;", for: world.domain)
        world.https.answer(.failure(.connection(reason: "refused")), at: try world.policyHost)
        _ = try await world.resolve()
        let before = world.https.requests.count
        await world.resolver.refresh(world.domain)
        #expect(world.https.requests.count == before)
        // What messages run into must not keep a failing refresh from the operator.
        let failed = await world.events().count { if case .refreshFailed = $0 { true } else { false } }
        #expect(failed == 1)
    }

    @Test(.proves("R-APPLY-11")) func afterAPolicyFailureTheRecordIsLookedUpAtOnce() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(), timeToLive: .seconds(3_600))
        _ = try await world.resolve()
        world.publish(id: "2", policyText("testing"))
        #expect(try await world.resolve().policy?.mode == .enforce)
        #expect(try await world.resolver.resolve(world.nextHop, afterPolicyFailure: true).policy?.mode == .testing)
    }

    @Test func asynchronousModeTellsThatThereIsNoPolicy() async throws {
        let world = try FlowWorld { $0.fetchMode = .asynchronous }
        world.dns.publishRecord("v=STSv1; id=1;", for: world.domain)
        world.https.answer(.failure(.connection(reason: "refused")), at: try world.policyHost)
        #expect(try await world.resolve().state == .pending)
        while world.resolver.peek(world.nextHop) == nil { await Task.yield() }
        let resolution = try await world.resolve()
        #expect(resolution.state == .noPolicy(.fetchFailure) && resolution.failure?.resultType == .stsPolicyFetchError)
    }

    @Test(.proves("R-CACHE-16")) func aClockThatJumpsForwardAndBackCostsNoStoredPolicy() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        _ = try await world.resolve()
        world.wall.advance(bySeconds: 365 * 86_400)
        try await world.whileRunning { _ in }
        world.wall.advance(bySeconds: -365 * 86_400)
        world.dns.answer(.failure(DNSFailure(.timeout)), at: try world.recordName)
        #expect(try await world.resolve().policy?.mode == .enforce)
    }

    @Test func refreshesAreNotMoreThanHourlyWithoutMail() throws {
        let state = RefreshState(capacity: 10)
        let world = try FlowWorld()
        let now = world.wall.now
        for age in 0..<200 {
            let entry = CachedPolicy(
                policy: try STSPolicy(parsing: policyText(maxAge: 7_300)),
                recordID: nil,
                fetchedAt: now.advanced(bySeconds: Int64(-age)),
                lastRequestedAt: now.advanced(bySeconds: -7_200)
            )
            let next = try require(state.nextRefresh(entry, world.domain, now: now))
            #expect(next.seconds(since: entry.fetchedAt) >= 3_600)
        }
    }

    @Test func theOperatorsWordKeepsRefreshesAway() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        _ = try await world.resolve()
        world.resolver.setPolicyOverride(.ignore, for: world.domain)
        try await world.whileRunning { nextRound in await nextRound(86_400) }
        #expect(world.https.requests.count == 1)
    }
}
