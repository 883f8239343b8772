// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import RequirementTrait
import Testing

@testable import MTASTS

/// Overrides, events and explanations.
@Suite struct OperatorTests {
    private let stranger = DomainName("mx.stranger.example")

    @Test func ignoreAsksNothing() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        _ = try await world.resolve()
        world.resolver.setPolicyOverride(.ignore, for: world.domain)
        #expect(try await world.resolve().state == .noPolicy(.ignored))
        world.resolver.setPolicyOverride(nil, for: world.domain)
        #expect(try await world.resolve().policy != nil)
    }

    @Test func treatAsTestingDeliversAndReports() async throws {
        let world = try FlowWorld { configuration in
            configuration.overrides = DomainName("example.com").map { [$0: .treatAsTesting] } ?? [:]
        }
        world.publish(id: "1", policyText())
        let stranger = try require(stranger)
        for resolution in [try await world.resolve(), try require(world.resolver.peek(world.nextHop))] {
            #expect(resolution.policy?.mode == .enforce && resolution.effectiveMode == .testing)
            let decision = resolution.decision(forMX: stranger, tls: .startTLSNotOffered())
            #expect(decision.action == .proceed(.opportunistic))
            #expect(decision.findings.map(\.resultType) == [.validationFailure])
        }
    }

    @Test func aPinnedPolicyHoldsWhateverDNSSays() async throws {
        let pinned = try STSPolicy(parsing: policyText(mx: ["pinned.example.com"]))
        let world = try FlowWorld()
        world.resolver.setPolicyOverride(.pin(pinned), for: world.domain)
        let resolution = try await world.resolve()
        #expect(resolution.policy == pinned && world.dns.queries.isEmpty)
        #expect(try await world.resolver.recheckBeforeFailing(resolution) == .unchanged)
        let stranger = try require(stranger)
        #expect(resolution.decision(forMX: stranger, tls: .notAttempted).action == .skip(.policyNameMismatch))
    }

    @Test(.proves("R-DISC-04", "R-DISC-09")) func nextHopsWithoutAPolicyDomain() async throws {
        let world = try FlowWorld()
        for nextHop in [.addressLiteral, .local, .domain(try DomainName(parsing: "localhost"))] as [NextHop] {
            #expect(try await world.resolver.resolve(nextHop).state == .noPolicy(.noPolicyDomain))
        }
        let long = [String](repeating: String(repeating: "a", count: 60), count: 4).joined(separator: ".") + ".abcdefgh"
        let nextHop = NextHop.domain(try DomainName(parsing: long))
        #expect(try await world.resolver.resolve(nextHop).state == .noPolicy(.nameTooLong))  // R-DISC-09
        #expect(world.dns.queries.isEmpty)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let text: String
        let signs: [DowngradeSign]
        var testDescription: String { signs.map(\.rawValue).joined(separator: ",") }
    }

    @Test(
        .proves("R-CACHE-11", "R-CACHE-19"),
        arguments: [
            Change(text: policyText(mx: ["mail.example.com", "b.example.com"]), signs: []),
            Change(text: policyText("testing", mx: ["mail.example.com"]), signs: [.modeWeakened]),
            Change(text: policyText("none", mx: []), signs: [.modeWeakened]),
            Change(text: policyText(mx: ["*.evil.example"]), signs: [.mxWidened]),
            Change(text: policyText(maxAge: 86_400), signs: [.maxAgeShrunk]),
            Change(
                text: policyText("testing", maxAge: 60, mx: ["*.com"]),
                signs: [.modeWeakened, .mxWidened, .maxAgeShrunk]
            ),
        ]
    )
    func aWeakerPolicyIsTakenAndTold(_ change: Change) async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(mx: ["mail.example.com", "*.example.com"]))
        _ = try await world.resolve()
        world.advance(bySeconds: 3_600)
        world.publish(id: "2", change.text)
        let changed = try STSPolicy(parsing: change.text)
        #expect(try await world.resolve().policy == changed)
        let signs = await world.events().compactMap {
            if case .downgradeSigns(_, let signs) = $0 { signs } else { nil }
        }
        #expect(signs == (change.signs.isEmpty ? [] : [change.signs]))
    }

    @Test func aVanishedRecordIsTold() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        _ = try await world.resolve()
        world.advance(bySeconds: 3_600)
        world.dns.answer(.noSuchName(), at: try world.recordName)
        _ = try await world.resolve()
        #expect(await world.events().last == .downgradeSigns(world.domain, [.recordVanished]))
        // Once until it is there again.
        for isThere in [false, true, false] {
            world.advance(bySeconds: 3_600)
            world.publish(id: "1", policyText())
            if !isThere { world.dns.answer(.noSuchName(), at: try world.recordName) }
            _ = try await world.resolve()
        }
        let told = await world.events().filter { if case .downgradeSigns = $0 { true } else { false } }
        #expect(told.count == 1)
    }

    /// It says nothing about the domain, and is not counted against it.
    @Test func ourOwnLimitOnQueriesIsNoFailureOfTheDomain() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        _ = try await world.resolve()
        world.advance(bySeconds: 3_600)
        world.dns.answer(.failure(DNSFailure(.overloaded)), at: try world.recordName)
        let resolution = try await world.resolve()
        #expect(resolution.policy?.mode == .enforce && resolution.discovery.isEmpty)
        guard case .overloaded? = resolution.failure else {
            Issue.record("\(String(describing: resolution.failure))")
            return
        }
        let told = await world.events().contains { if case .overloaded = $0 { true } else { false } }
        #expect(told)
    }

    @Test func anIDThatGoesBackIsTold() async throws {
        let world = try FlowWorld()
        for id in ["1", "2", "1"] {
            world.publish(id: id, policyText())
            _ = try await world.resolve()
            world.advance(bySeconds: 60)
        }
        #expect(await world.events().last == .downgradeSigns(world.domain, [.idFlapping]))
    }

    @Test func eventsAreBoundedAndDropsCounted() async throws {
        let world = try FlowWorld { $0.eventBufferSize = 10 }
        world.https.answer(.failure(.connection(reason: "refused")), at: try world.policyHost)
        for id in 0..<100 {
            world.dns.publishRecord("v=STSv1; id=\(id);", for: world.domain)
            world.advance(bySeconds: 300)
            _ = try await world.resolve()
        }
        #expect(world.resolver.droppedEvents == 90)
    }

    @Test func aPolicyLostFromMemoryIsTold() async throws {
        let world = try FlowWorld(store: nil, capacity: 1)
        for name in ["a.example", "b.example"] {
            let domain = try DomainName(parsing: name)
            world.dns.publishRecord("v=STSv1; id=1;", for: domain)
            world.https.publishPolicy(policyText(), for: domain)
            _ = try await world.resolver.resolve(.domain(domain))
        }
        let lost = await world.events().compactMap { if case .policyLost(let domain, _) = $0 { domain } else { nil } }
        #expect(lost.map(\.description) == ["a.example"])
        #expect(world.resolver.cache.statistics.lostPolicies == 1)
    }

    @Test func aBrokenStoreIsToldAndDoesNoHarm() async throws {
        let world = try FlowWorld(store: BrokenStore())
        world.publish(id: "1", policyText())
        let resolution = try await world.resolve()
        #expect(resolution.policy?.mode == .enforce && resolution.storeFailure != nil)
        #expect(world.resolver.peek(world.nextHop)?.policy?.mode == .enforce)
        #expect(await world.events().contains { if case .storeFailed = $0 { true } else { false } })
    }

    /// What a full disk refused is stored as soon as there is room, and would not outlive a restart before that.
    @Test func aPolicyThatCouldNotBeStoredIsStoredLater() async throws {
        let store = SwitchableStore()
        let world = try FlowWorld(store: store)
        world.publish(id: "1", policyText())
        store.isBroken = true
        #expect(try await world.resolve().storeFailure != nil)
        try await world.whileRunning { nextRound in
            await nextRound(60)
            #expect(store.inner.entry(for: world.domain) == nil)
            store.isBroken = false
            await nextRound(60)
            #expect(store.inner.entry(for: world.domain)?.policy == world.resolver.cache.inspect(world.domain)?.policy)
            let revision = store.inner.entry(for: world.domain)?.revision
            await nextRound(60)
            #expect(store.inner.entry(for: world.domain)?.revision == revision)  // once
        }
        // Read and write failed, and one round of two before it was mended; the first begins at once.
        let failures = await world.events().filter { if case .storeFailed = $0 { true } else { false } }
        #expect(failures.count >= 3 && world.https.requests.count == 1)
    }

    /// One that the store will never take, since a newer version of the library has written its file, holds no other up.
    @Test func aPolicyThatTheStoreNeverTakesHoldsUpNoOther() async throws {
        let store = SwitchableStore()
        let world = try FlowWorld(store: store)
        store.isBroken = true
        let domains = try (0..<8).map { try DomainName(parsing: "\($0).example") }
        for domain in domains {
            world.dns.publishRecord("v=STSv1; id=1;", for: domain)
            world.https.publishPolicy(policyText(), for: domain)
            _ = try await world.resolver.resolve(.domain(domain))
        }
        store.isBroken = false
        store.refused = Set(domains.prefix(3))
        await world.resolver.storeUnstored()
        #expect(domains.map { store.inner.entry(for: $0) != nil } == domains.indices.map { $0 >= 3 })
    }

    /// Another process may have stored a later one meanwhile: it stays, and is used.
    @Test func aPolicyThatCouldNotBeStoredYieldsToALater() async throws {
        let store = SwitchableStore()
        let world = try FlowWorld(store: store)
        world.publish(id: "1", policyText())
        store.isBroken = true
        _ = try await world.resolve()
        let later = CachedPolicy(
            policy: try STSPolicy(parsing: policyText("testing")),
            recordID: STSRecord.ID("2"),
            fetchedAt: world.wall.now.advanced(bySeconds: 30)
        )
        #expect(store.inner.put(later, for: world.domain, replacing: nil))
        store.isBroken = false
        world.advance(bySeconds: 40)
        await world.resolver.storeUnstored()
        #expect(store.inner.entry(for: world.domain)?.policy == later)
        #expect(world.resolver.peek(world.nextHop) == nil)  // its record is to be looked up
        #expect(world.resolver.cache.inspect(world.domain)?.policy.policy == later.policy)
    }

    @Test func aPolicyThatNoStoreHoldsIsLostIfItLeavesMemory() async throws {
        let store = SwitchableStore()
        let world = try FlowWorld(store: store, capacity: 1)
        for (name, isBroken) in [("a.example", true), ("b.example", false), ("c.example", false)] {
            let domain = try DomainName(parsing: name)
            world.dns.publishRecord("v=STSv1; id=1;", for: domain)
            world.https.publishPolicy(policyText(), for: domain)
            store.isBroken = isBroken
            _ = try await world.resolver.resolve(.domain(domain))
        }
        let lost = await world.events().compactMap { if case .policyLost(let domain, _) = $0 { domain } else { nil } }
        #expect(lost.map(\.description) == ["a.example"])
        let statistics = world.resolver.cache.statistics
        #expect(statistics.lostPolicies == 1 && statistics.evictions == 2)
    }

    private func lapses(_ world: FlowWorld) async -> Int {
        await world.events().count { if case .lapsed(world.domain, _) = $0 { true } else { false } }
    }

    /// Told once, whether a message or `run()` is first to see it; never for a policy that was left to lapse.
    @Test(arguments: ["message", "run", "run without store", "disuse", "none", "fetched again"])
    func theEndOfAPolicyIsTold(_ kind: String) async throws {
        let world = try FlowWorld(store: kind == "run without store" ? nil : MemoryPolicyStore())
        let maxAge = kind == "disuse" ? 31 * 86_400 : 7_200
        world.publish(id: "1", kind == "none" ? policyText("none", maxAge: maxAge, mx: []) : policyText(maxAge: maxAge))
        _ = try await world.resolve()
        if kind != "fetched again" {
            world.https.answer(.failure(.connection(reason: "down")), at: try world.policyHost)
        }
        world.advance(bySeconds: Int64(maxAge))
        #expect(await lapses(world) == 0)
        world.advance(bySeconds: 1)
        switch kind {
        case "run", "run without store", "disuse":
            await world.resolver.refreshDue()
            await world.resolver.refreshDue()
            #expect(await lapses(world) == (kind == "disuse" ? 0 : 1))
        default:
            for _ in 0..<2 { #expect(try await (world.resolve().policy == nil) == (kind != "fetched again")) }
            #expect(await lapses(world) == (kind == "message" ? 1 : 0))
        }
        if kind == "run" {
            _ = try await world.resolve()
            #expect(await lapses(world) == 0)  // told already
        }
    }

    /// Told once a minute, with what a limit cost: a policy that could not be had.
    @Test func aLimitReachedIsTold() async throws {
        let world = try FlowWorld {
            $0.maximumConcurrentFetches = 1
            $0.maximumWaitingFetches = 0
        }
        world.publish(id: "1", policyText())
        world.https.hold(try world.policyHost)
        let first = Task { try await world.resolve() }
        await world.https.waitForRequests(1, at: try world.policyHost)
        for seconds in [0, 59, 1, 59] {
            world.advance(bySeconds: Int64(seconds))
            let domain = try DomainName(parsing: "other.example")
            world.dns.publishRecord("v=STSv1; id=1;", for: domain)
            #expect(try await world.resolver.resolve(.domain(domain)).state == .noPolicy(.overloaded))
        }
        world.https.release(try world.policyHost)
        #expect(try await first.value.policy != nil)
        let told = await world.events().count { if case .overloaded = $0 { true } else { false } }
        #expect(told == 2)
    }

    /// An attacker who blocks DNS keeps the owner's changes away: that is told once for each outage.
    @Test func dnsThatDoesNotAnswerIsTold() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        for isUp in [true, false, false, true, false] {
            let failure = ScriptedDNS.Answer.failure(DNSFailure(.timeout))
            world.dns.answer(isUp ? .txt(["v=STSv1; id=1;"]) : failure, at: try world.recordName)
            #expect(try await world.resolve().policy != nil)
            world.advance(bySeconds: 60)
        }
        let told = await world.events().filter { $0 == .discoveryFailed(world.domain, .dns(DNSFailure(.timeout))) }
        #expect(told.count == 2)
    }

    @Test(arguments: ["message", "refresh"]) func aClockSetBackIsTold(_ kind: String) async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        _ = try await world.resolve()
        world.https.answer(.failure(.connection(reason: "down")), at: try world.policyHost)
        world.wall.advance(bySeconds: -31_536_000)
        for _ in 0..<3 {
            world.mono.advance(by: .seconds(300))
            if kind == "refresh" {
                await world.resolver.refreshDue()
            } else {
                #expect(try await world.resolve().policy != nil)
            }
        }
        let told = await world.events().count { if case .fetchedInFuture = $0 { true } else { false } }
        #expect(told == 1)
    }

    @Test func explainTellsWhyAndWhatComesNext() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText(maxAge: 10 * 86_400), timeToLive: .seconds(120))
        _ = try await world.resolve()
        world.advance(bySeconds: 100)
        let text = await world.resolver.explain(world.domain).description
        #expect(text.contains("mode enforce, id 1") && text.contains("expires in: 9 days"))
        #expect(text.contains("in 20.0 seconds"))
        #expect(world.dns.queries.count == 1)
        let unknown = await world.resolver.explain(try DomainName(parsing: "unknown.example"))
        #expect(unknown.policy == nil && unknown.noPolicyReason == nil)
    }
}
