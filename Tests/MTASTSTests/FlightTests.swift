// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import RequirementTrait
import Testing

@testable import MTASTS

/// One query and one fetch for a domain, however many callers there are (R-FETCH-20).
@Suite struct FlightTests {
    private func start(_ callers: Int, _ world: FlowWorld) -> [Task<PolicyResolution, any Error>] {
        (0..<callers).map { _ in Task { try await world.resolve() } }
    }

    private func waitForWaiters(_ count: Int, _ world: FlowWorld) async {
        while world.resolver.flights.waiterCount != count { await Task.yield() }
    }

    @Test(.proves("R-DISC-01", "R-FETCH-20")) func tenThousandCallersShareOneFlight() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        let name = try world.recordName
        world.dns.hold(name)
        let tasks = start(10_000, world)
        await waitForWaiters(10_000, world)
        world.dns.release(name)
        for task in tasks { #expect(try await task.value.policy?.mode == .enforce) }
        #expect(world.dns.queries == [name])
        #expect(world.https.requests == [try world.policyHost])
    }

    @Test(.proves("R-DISC-26")) func aFailedAnswerReachesAllAndIsNotRemembered() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        let name = try world.recordName
        world.dns.answerOnce(.failure(DNSFailure(.serverFailure)), at: name)
        world.dns.hold(name)
        let tasks = start(10_000, world)
        await waitForWaiters(10_000, world)
        world.dns.release(name)
        for task in tasks {
            let resolution = try await task.value
            #expect(resolution.failure == .dns(DNSFailure(.serverFailure)))
            #expect(resolution.state == .noPolicy(.dnsFailure))
        }
        #expect(world.dns.queries.count == 1)
        #expect(try await world.resolve().policy != nil)  // R-DISC-26
        #expect(world.dns.queries.count == 2)
    }

    @Test func aCancelledCallerLeavesTheOthersTheirAnswer() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        let name = try world.recordName
        world.dns.hold(name)
        let tasks = start(100, world)
        await waitForWaiters(100, world)
        for task in tasks[..<99] { task.cancel() }
        for task in tasks[..<99] { await #expect(throws: CancellationError.self) { try await task.value } }
        world.dns.release(name)
        #expect(try await tasks[99].value.policy != nil)
        #expect(world.dns.queries.count == 1)
    }

    @Test func aFlightWithoutCallersIsCancelledAndLeavesNoTrace() async throws {
        let world = try FlowWorld()
        world.publish(id: "1", policyText())
        world.https.answer(.policy(policyText()), at: try world.policyHost, after: .seconds(20))
        let tasks = start(10, world)
        await world.mono.waitForSleepers()
        for task in tasks { task.cancel() }
        for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
        #expect(world.resolver.flights.waiterCount == 0)
        // Nothing is held against the domain: no back-off, no finding, no cached answer.
        world.https.publishPolicy(policyText(), for: world.domain)
        let resolution = try await world.resolve()
        #expect(resolution.policy != nil && resolution.discoveryFindings.isEmpty)
        #expect(await world.events().allSatisfy { if case .fetched = $0 { true } else { false } })
    }

    @Test func aCallerCancelledBeforehandAsksNothing() async throws {
        let world = try FlowWorld()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await world.resolve()
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(world.dns.queries.isEmpty)
    }

    @Test func domainsBeyondTheCapAreAnsweredAtOnce() async throws {
        let world = try FlowWorld { $0.maximumConcurrentLookups = 1 }
        let name = try world.recordName
        world.dns.hold(name)
        let first = Task { try await world.resolve() }
        await waitForWaiters(1, world)
        let other = try await world.resolver.resolve(.domain(try DomainName(parsing: "other.example")))
        #expect(other.state == .noPolicy(.overloaded))
        #expect(other.failure?.step == .fetch)
        world.dns.release(name)
        #expect(try await first.value.state == .noPolicy(.record(.absent)))
    }

    @Test(.proves("R-FETCH-20")) func fetchesWaitForTheirTurnAndGiveUpInTime() async throws {
        let world = try FlowWorld {
            $0.maximumConcurrentFetches = 1
            $0.maximumWaitingFetches = 1
            $0.fetchPatience = .seconds(5)
        }
        let domains = try ["a.example", "b.example", "c.example"].map { try DomainName(parsing: $0) }
        for domain in domains {
            world.dns.publishRecord("v=STSv1; id=1;", for: domain)
            world.https.publishPolicy(policyText(), for: domain)
        }
        let hosts = try domains.map { try require($0.policyHost) }
        world.https.hold(hosts[0])
        async let first = world.resolver.resolve(.domain(domains[0]))
        await world.https.waitForRequests(1, at: hosts[0])
        async let second = world.resolver.resolve(.domain(domains[1]))
        await world.mono.waitForSleepers()  // the second waits for its turn
        let third = try await world.resolver.resolve(.domain(domains[2]))
        #expect(third.state == .noPolicy(.overloaded))
        world.mono.advance(by: .seconds(5))
        #expect(try await second.state == .noPolicy(.overloaded))
        world.https.release(hosts[0])
        #expect(try await first.policy != nil)
        // Neither is held against the domains.
        #expect(try await world.resolver.resolve(.domain(domains[1])).policy != nil)
        #expect(try await world.resolver.resolve(.domain(domains[2])).policy != nil)
    }

    @Test(.proves("R-FETCH-26")) func asynchronousModeDoesNotWaitForAColdPolicy() async throws {
        let world = try FlowWorld { $0.fetchMode = .asynchronous }
        world.publish(id: "1", policyText())
        let host = try world.policyHost
        world.https.hold(host)
        let pending = try await world.resolve()
        #expect(pending.state == .pending && pending.discoveryFindings.isEmpty)
        let mx = try DomainName(parsing: "mx.evil.example")
        let decision = pending.decision(forMX: mx, tls: .startTLSNotOffered())
        #expect(decision.action == .proceed(.opportunistic) && decision.findings.isEmpty)
        await world.https.waitForRequests(1, at: host)
        world.https.release(host)
        while world.resolver.peek(world.nextHop) == nil { await Task.yield() }
        #expect(world.resolver.peek(world.nextHop)?.policy?.mode == .enforce)
        #expect(world.https.requests.count == 1)
    }

    @Test(.proves("R-DISC-15")) func asynchronousModeAppliesWhatTheStoreHas() async throws {
        let store = MemoryPolicyStore()
        let first = try FlowWorld(store: store)
        first.publish(id: "1", policyText())
        _ = try await first.resolve()
        let second = try FlowWorld(store: store) { $0.fetchMode = .asynchronous }
        second.dns.answer(.failure(DNSFailure(.timeout)), at: try second.recordName)
        #expect(try await second.resolve().policy?.mode == .enforce)  // RFC 8461 section 5.1
    }
}
