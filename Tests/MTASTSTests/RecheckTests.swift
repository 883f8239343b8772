// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import RequirementTrait
import Testing

@testable import MTASTS

/// When DNS is asked again, by FLOW section 1, and before a message is returned (R-APPLY-07 to R-APPLY-09).
@Suite struct RecheckTests {
    /// A fresh policy's record: the TTL within a minute and an hour.
    @Test(arguments: [(1, 60), (60, 60), (600, 600), (3_600, 3_600), (86_400, 3_600)] as [(Int64, Int64)])
    func aFreshPolicyIsAppliedWithoutDNSUntilItsCheck(timeToLive: Int64, wait: Int64) async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(), timeToLive: .seconds(timeToLive))
        _ = try await world.resolve()
        world.advance(bySeconds: wait - 1)
        #expect(world.resolver.peek(world.nextHop)?.policy != nil)
        world.advance(bySeconds: 1)
        #expect(world.resolver.peek(world.nextHop) == nil)
        _ = try await world.resolve()
        #expect(world.dns.queries.count == 2)
        #expect(world.https.requests.count == 1)
        #expect(world.resolver.peek(world.nextHop)?.policy != nil)
    }

    /// The time at which a message last asked changes with each of them, and is nothing that a resolution says.
    @Test func resolutionsOfOneMomentAndTheNextAreEqual() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(), timeToLive: .seconds(600))
        _ = try await world.resolve()
        let first = try require(world.resolver.peek(world.nextHop))
        world.advance(bySeconds: 5)
        let second = try require(world.resolver.peek(world.nextHop))
        #expect(first.cachedPolicy?.lastRequestedAt != second.cachedPolicy?.lastRequestedAt)
        #expect(first == second && first.hashValue == second.hashValue)
        world.resolver.setPolicyOverride(.treatAsTesting, for: world.domain)
        #expect(world.resolver.peek(world.nextHop) != first)
    }

    @Test(.proves("R-CACHE-13"), arguments: [(1, 10), (10, 10), (600, 600), (86_400, 3_600)] as [(Int64, Int64)])
    func noRecordIsBelievedForItsTTL(timeToLive: Int64, wait: Int64) async throws {
        let world = try FlowWorld()
        world.dns.answer(.noSuchName(timeToLive: .seconds(timeToLive)), at: try world.recordName)
        #expect(try await world.resolve().state == .noPolicy(.record(.absent)))
        world.publish(id: "1", policyText())
        world.advance(bySeconds: wait - 1)
        #expect(world.resolver.peek(world.nextHop)?.state == .noPolicy(.record(.absent)))
        world.advance(bySeconds: 1)
        #expect(try await world.resolve().policy != nil)
    }

    @Test func afterARestartTheRecordIsLookedUpFirst() async throws {
        let store = MemoryPolicyStore()
        let first = try FlowWorld(store: store)
        first.publish(id: "1", policyText())
        _ = try await first.resolve()
        let second = try FlowWorld(store: store)
        second.publish(id: "1", policyText())
        #expect(second.resolver.peek(second.nextHop) == nil)
        #expect(try await second.resolve().policy != nil)
        #expect(second.dns.queries.count == 1 && second.https.requests.isEmpty)
    }

    @Test func anotherProcessesFetchIsTakenFromTheStore() async throws {
        let store = MemoryPolicyStore()
        let one = try FlowWorld(store: store)
        let two = try FlowWorld(store: store)
        for world in [one, two] { world.publish(id: "1", policyText()) }
        _ = try await one.resolve()
        _ = try await two.resolve()
        for world in [one, two] {
            world.publish(id: "2", policyText("testing"))
            world.advance(bySeconds: 3_600)
        }
        #expect(try await one.resolve().policy?.mode == .testing)
        #expect(try await two.resolve().policy?.mode == .testing)
        #expect(one.https.requests.count == 2 && two.https.requests.isEmpty)
    }

    @Test(.proves("R-FETCH-19")) func aChangingIDCannotForceFetchesWithoutEnd() async throws {
        let world = try FlowWorld()
        world.https.answer(.failure(.connection(reason: "refused")), at: try world.policyHost)
        for id in 1...100 {
            world.dns.publishRecord("v=STSv1; id=\(id);", for: world.domain)
            #expect(try await world.resolve().state == .noPolicy(.fetchFailure))
        }
        #expect(world.https.requests.count <= 4)
        world.advance(bySeconds: 300)
        world.https.publishPolicy(policyText(), for: world.domain)
        #expect(try await world.resolve().policy != nil)
    }

    @Test(.proves("R-APPLY-07", "R-APPLY-09")) func withoutAChangeTheMessageMayFail() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(), timeToLive: .seconds(3_600))
        let used = try await world.resolve()
        #expect(used.afterWalk([.skipped(.policyTLSFailure)], stage: .lifetimeOver) == .recheckFirst)
        for answer in [
            .txt(["v=STSv1; id=1;"]), .noSuchName(), .failure(DNSFailure(.timeout)), .txt(["v=STSv1;"]),
        ] as [ScriptedDNS.Answer] {
            let before = world.dns.queries.count
            world.dns.answer(answer, at: try world.recordName)
            #expect(try await world.resolver.recheckBeforeFailing(used) == .unchanged)
            #expect(world.dns.queries.count == before + 1)  // although the policy is fresh and was just checked
        }
        #expect(used.afterWalk([.skipped(.policyTLSFailure)], stage: .lifetimeOverAndRechecked) == .failed)
    }

    @Test(.proves("R-APPLY-08"), arguments: ["testing", "none", "enforce"])
    func aNewIDGivesOneMoreTry(mode: String) async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(), timeToLive: .seconds(3_600))
        let used = try await world.resolve()
        world.publish(id: "2", policyText(mode, mx: ["other.example.com"]))
        guard case .changed(let now) = try await world.resolver.recheckBeforeFailing(used) else {
            Issue.record("unchanged")
            return
        }
        #expect(now.policy?.mode.rawValue == mode)
        #expect(try await world.resolver.recheckBeforeFailing(now) == .unchanged)
    }

    @Test func aNewIDWhosePolicyCannotBeHadChangesNothing() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        let used = try await world.resolve()
        world.dns.publishRecord("v=STSv1; id=2;", for: world.domain)
        world.https.answer(.failure(.connection(reason: "refused")), at: try world.policyHost)
        #expect(try await world.resolver.recheckBeforeFailing(used) == .unchanged)
    }

    @Test func anExpiredPolicyNoLongerStandsInTheWay() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(maxAge: 100))
        let used = try await world.resolve()
        world.advance(bySeconds: 101)
        world.dns.answer(.noSuchName(), at: try world.recordName)
        guard case .changed(let now) = try await world.resolver.recheckBeforeFailing(used) else {
            Issue.record("unchanged")
            return
        }
        #expect(now.policy == nil)
    }

    @Test(
        .proves("R-CACHE-01", "R-CACHE-02", "R-FETCH-12"),
        arguments: [(99, true), (100, true), (101, false)] as [(Int64, Bool)]
    )
    func aPolicyIsAppliedAsLongAsItsAgeIsWithinMaxAge(age: Int64, isApplied: Bool) async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(maxAge: 100))
        _ = try await world.resolve()
        world.dns.answer(.failure(DNSFailure(.timeout)), at: try world.recordName)
        world.advance(bySeconds: age)
        #expect((try await world.resolve().policy != nil) == isApplied)  // R-CACHE-01, R-CACHE-02
    }

    @Test func aFindingIsCarriedByOneResolution() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        _ = try await world.resolve()
        world.advance(bySeconds: 3_600)
        world.dns.answer(.noSuchName(timeToLive: .seconds(60)), at: try world.recordName)
        let first = try await world.resolve()
        #expect(first.discoveryFindings.map(\.resultType) == [.stsPolicyFetchError])
        #expect(first.failure == .record(.absent))
        let second = try await world.resolve()
        #expect(second.discoveryFindings.isEmpty && second.failure == nil)  // once per TXT check (FLOW section 5)
    }
}
