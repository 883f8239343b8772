// SPDX-License-Identifier: Apache-2.0

import IntegrationSupport
import MTASTSTesting
import Synchronization
import Testing

@testable import MTASTS

/// What strangers do to the memory and the time of others.
@Suite(.serialized) struct FloodTests {
    private static let strangers = 100_000
    private static let known = 64
    /// Callers that wait at once.
    private static let width = 5_000

    enum Attack: String, CaseIterable, Sendable {
        case none = "without a record"
        case failing = "with SERVFAIL"
        case hanging = "with a record, HTTPS hangs"
    }

    /// What is measured while it lasts.
    private struct Measured {
        var slowestPeek = Duration.zero
        var cold = Duration.zero
        var new = ""
    }

    /// Warm: in memory. Cold: in the file store alone. New: never asked for.
    @Test(arguments: Attack.allCases) func distinctDomains(_ attack: Attack) async throws {
        let scratch = try Scratch()
        let before = try FaultWorld(scratch.store)
        let domains = try (0..<Self.known).map { try before.publish($0) }
        for domain in domains { #expect(try await before.id(domain) == 1) }
        let new = try before.publish(Self.known)
        let http = HangingHTTPS(before.https)
        let world = try FaultWorld(scratch.store, otherDNS: StrangersDNS(attack, before.dns), otherHTTP: http)
        let (warm, cold) = (Array(domains.prefix(32)), Array(domains.dropFirst(32)))
        for domain in warm { #expect(try await world.id(domain) == 1) }
        HTTPSProcessMemory.trim()
        let resident = try HTTPSProcessMemory.resident()
        try HTTPSProcessMemory.resetPeak()
        let start = ContinuousClock.now
        var measured = Measured()
        try await wave("first", world, until: attack == .hanging ? http.endAll(world) : nil) { number in
            if number % 1_000 == 0 { Self.peek(world, warm, number / 1_000, &measured) }
            guard number == Self.strangers / 2 else { return }
            measured.cold = try await Self.resolve(world, cold)
            measured.new = try await newDomain(new, world)
            let host = try #require(warm[0].policyHost)
            let fetches = before.https.requestCount(at: host)
            await world.resolver.refresh(warm[0])
            #expect(before.https.requestCount(at: host) == fetches + 1, "a refresh is held up")
        }
        let time = ContinuousClock.now - start
        let growth = try HTTPSProcessMemory.peak() - resident
        try await wave("second", world, until: nil) { _ in }
        let more = max(0, try HTTPSProcessMemory.peak() - resident - growth)
        HTTPSProcessMemory.trim()
        let kept = max(0, try HTTPSProcessMemory.resident() - resident)
        #expect(growth < 256 << 20 && more < 128 << 20 && time < .seconds(60))
        #expect(measured.slowestPeek < .milliseconds(100) && measured.cold < .seconds(1))
        #expect(world.resolver.flights.flightCount == 0)
        #expect(try await newDomain(new, world) == "a policy")
        #expect((measured.new == "a policy") == (attack != .hanging))
        let told = await world.events()
        FaultTable.row(
            "100,000 domains \(attack.rawValue), then 100,000 others",
            expected:
                "memory grows by < 256 MiB, then by < 128 MiB; 32 warm domains < 100 ms, 32 cold ones < 1 s; refreshes go on",
            seen:
                "\(FaultTable.mebibytes(growth)) in \(Self.text(time)), then \(FaultTable.mebibytes(more)), \(FaultTable.mebibytes(kept)) stay; "
                + "slowest warm \(Self.text(measured.slowestPeek)), slowest cold \(Self.text(measured.cold)); a new "
                + "domain: \(measured.new)\(attack == .hanging ? ", fetched after their deadline (60 s)" : "")",
            told: told.summary + (world.resolver.droppedEvents > 0 ? ", \(world.resolver.droppedEvents) dropped" : "")
        )
    }

    /// Asks for strangers' domains, some at once, and returns when all callers have got an answer.
    private func wave(
        _ name: String,
        _ world: FaultWorld,
        until end: (() async -> Void)?,
        during: (Int) async throws -> Void
    ) async throws {
        let finished = Finished()
        for number in 0..<Self.strangers {
            let domain = try DomainName(parsing: "stranger-\(number).\(name).example")
            Task {
                _ = try? await world.resolver.resolve(.domain(domain))
                finished.count.add(1, ordering: .sequentiallyConsistent)
            }
            while number - finished.now > Self.width { await Task.yield() }
            try await during(number)
        }
        await end?()
        while finished.now < Self.strangers { await Task.yield() }
    }

    private static func peek(_ world: FaultWorld, _ warm: [DomainName], _ turn: Int, _ measured: inout Measured) {
        let begin = ContinuousClock.now
        #expect(world.resolver.peek(.domain(warm[turn % warm.count]))?.policy != nil)
        measured.slowestPeek = max(measured.slowestPeek, ContinuousClock.now - begin)
    }

    /// The longest time that one took.
    private static func resolve(_ world: FaultWorld, _ cold: [DomainName]) async throws -> Duration {
        var longest = Duration.zero
        for domain in cold {
            let begin = ContinuousClock.now
            #expect(try await world.id(domain) == 1)
            longest = max(longest, ContinuousClock.now - begin)
        }
        return longest
    }

    /// What a domain gets that nobody asked for before.
    private func newDomain(_ domain: DomainName, _ world: FaultWorld) async throws -> String {
        let resolution = try await world.resolver.resolve(.domain(domain))
        if resolution.policy != nil { return "a policy" }
        guard case .overloaded = resolution.failure else { return "\(resolution.state)" }
        return "failure overloaded at once"
    }

    private final class Finished: Sendable {
        let count = Atomic(0)
        var now: Int { count.load(ordering: .sequentiallyConsistent) }
    }

    private static func text(_ duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        return milliseconds < 1_000
            ? "\(Double(Int(milliseconds * 100)) / 100) ms" : "\(Double(Int(milliseconds / 100)) / 10) s"
    }
}

/// Answers for strangers as the attack says, for others by the script.
private final class StrangersDNS: DNSTransport {
    private let attack: FloodTests.Attack
    private let others: ScriptedDNS

    init(_ attack: FloodTests.Attack, _ others: ScriptedDNS) {
        self.attack = attack
        self.others = others
    }

    func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord> {
        guard name.description.contains(".stranger-") else { return try await others.txtRecords(at: name) }
        switch attack {
        case .none: return DNSAnswer(.noSuchName, timeToLive: .seconds(3_600))
        case .failing: throw DNSFailure(.serverFailure)
        case .hanging: return DNSAnswer(.records([TXTRecord("v=STSv1; id=1;")]))
        }
    }
}

/// Does not answer for strangers until it is released.
private final class HangingHTTPS: HTTPTransport {
    private let others: ScriptedHTTPS
    private let state = Mutex((isReleased: false, waiters: [CheckedContinuation<Void, Never>]()))

    init(_ others: ScriptedHTTPS) { self.others = others }

    var hanging: Int { state.withLock { $0.waiters.count } }

    /// Lets the deadline pass, once as many hang as there may be fetches.
    func endAll(_ world: FaultWorld) -> () async -> Void {
        {
            while self.hanging < 64 { await Task.yield() }
            world.pass(seconds: 60)
            self.release()
        }
    }

    /// Ends what hangs, as the deadline does, and all that follows.
    func release() {
        let waiters = state.withLock { state in
            state.isReleased = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func fetch(_ request: PolicyRequest) async throws -> HTTPResponse {
        guard request.host.description.contains(".stranger-") else { return try await others.fetch(request) }
        await withCheckedContinuation { continuation in
            let isReleased = state.withLock { state in
                if !state.isReleased { state.waiters.append(continuation) }
                return state.isReleased
            }
            if isReleased { continuation.resume() }
        }
        throw HTTPFailure.deadline(request.deadline)
    }
}
