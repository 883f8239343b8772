// SPDX-License-Identifier: Apache-2.0

import IntegrationSupport
import MTASTSTesting
import Synchronization
import Testing

@testable import MTASTS

/// Ten thousand policies that lapse in the same minute, and hosts that change their mind.
@Suite(.serialized) struct ManyDomainsTests {
    struct Herd: Sendable, CustomTestStringConvertible {
        let name: String
        /// How long before the end the rounds begin.
        let minutesLeft: Int64
        /// The most fetches in a minute.
        let perMinute: Int

        var testDescription: String { name }
    }

    /// By the refresh time that chance gives each, they are spread over a quarter of the interval. If all are overdue,
    /// since their servers were down until now, it is the rounds' own bound that spreads them.
    @Test(arguments: [
        Herd(name: "due in their time", minutesLeft: 15 * 60 + 10, perMinute: 120),
        Herd(name: "overdue, 30 minutes left", minutesLeft: 30, perMinute: 512),
    ])
    func lapseInTheSameMinute(_ herd: Herd) async throws {
        let http = CountingHTTPS()
        let world = try FaultWorld(nil, otherDNS: SameRecord(), otherHTTP: http)
        let domains = try (0..<10_000).map { try DomainName(parsing: "herd-\($0).example") }
        for domain in domains { #expect(try await world.policy(domain) != nil) }
        world.wall.advance(bySeconds: 86_400 - herd.minutesLeft * 60)
        var (most, minutes, busy, fetched) = (0, 0, 0, 10_000)
        http.resetMost()
        let loop = Task { await world.resolver.run() }
        await world.mono.waitForSleepers()
        // Up to the end of the policies, or until each was fetched.
        while minutes < herd.minutesLeft, http.count < 20_000 {
            let before = fetched
            fetched = http.count
            most = max(most, fetched - before)
            if fetched > before { busy += 1 }
            minutes += 1
            world.pass(seconds: 60)
            await world.mono.waitForSleepers()
        }
        most = max(most, http.count - fetched)
        loop.cancel()
        await loop.value
        var lapsed = 0
        for domain in domains {
            if await !world.resolver.explain(domain).isFresh { lapsed += 1 }
        }
        let inFlight = http.mostAtOnce
        #expect(http.count >= 20_000 && lapsed == 0 && most <= herd.perMinute && inFlight <= 8)
        let told = await world.events()
        FaultTable.row(
            "10,000 domains lapse in the same minute: \(herd.name)",
            expected: "none lapses; <= \(herd.perMinute) fetches a minute, <= 8 at once",
            seen: "\(lapsed) lapsed; at most \(most) a minute, \(inFlight) at once, over \(busy) minutes",
            told: told.count("lapsed") == 0 ? "none is due" : told.summary
        )
    }

    struct Fickle: Sendable, CustomTestStringConvertible {
        let name: String
        let changesID: Bool
        let answers: Bool
        /// How many messages there are, and how many seconds lie between two.
        var messages = (count: 3_600, seconds: 1)
        /// The most fetches meanwhile.
        let bound: Int
        let told: String

        var testDescription: String { name }
    }

    @Test(arguments: [
        Fickle(
            name: "two policies in turn, one id, three days",
            changesID: false,
            answers: true,
            messages: (4_320, 60),
            bound: 8,
            told: "downgradeSigns"
        ),
        Fickle(
            name: "two policies in turn, an id that changes with each query, an hour",
            changesID: true,
            answers: true,
            bound: 61,
            told: "downgradeSigns"
        ),
        Fickle(
            name: "an id that changes with each query, no policy, an hour",
            changesID: true,
            answers: false,
            bound: 4 * 12 + 1,
            told: "discoveryFailed"
        ),
    ])
    func fickleHost(_ fickle: Fickle) async throws {
        let http = CountingHTTPS(alternates: true)
        let scratch = try Scratch()
        let world = try FaultWorld(scratch.store, otherDNS: SameRecord(changes: fickle.changesID), otherHTTP: http)
        let domain = try DomainName(parsing: "fickle.example")
        _ = try await world.policy(domain)
        if !fickle.answers { http.fail() }
        var wrong = 0
        for number in 1...fickle.messages.count {
            let policy = try await world.policy(domain)
            if policy != http.last { wrong += 1 }
            world.pass(seconds: Int64(fickle.messages.seconds))
            if number * fickle.messages.seconds % 60 == 0 { await world.resolver.refreshDue() }
        }
        let fetches = http.count - 1
        let told = await world.events()
        #expect(wrong == 0 && (1...fickle.bound).contains(fetches) && told.count(fickle.told) > 0)
        FaultTable.row(
            "policy host: \(fickle.name)",
            expected:
                "the last policy fetched is in force; <= \(fickle.bound) fetches",
            seen: "\(wrong) of \(fickle.messages.count) messages by another; \(fetches) fetches",
            told: told.summary
        )
    }
}

/// A record for every domain, with the same id or one that changes with each query.
private final class SameRecord: DNSTransport {
    private let queries = Atomic(0)
    private let changes: Bool

    init(changes: Bool = false) { self.changes = changes }

    func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord> {
        let number = queries.add(1, ordering: .relaxed).newValue
        return DNSAnswer(.records([TXTRecord("v=STSv1; id=\(changes ? number : 1);")]), timeToLive: .seconds(1))
    }
}

/// A policy of a day for every domain. It counts the requests, in all and at once.
private final class CountingHTTPS: HTTPTransport {
    private struct State {
        var (count, running, most) = (0, 0, 0)
        var fails = false
        var last: STSPolicy?
    }

    private let state = Mutex(State())
    private let alternates: Bool

    init(alternates: Bool = false) { self.alternates = alternates }

    var count: Int { state.withLock { $0.count } }
    var mostAtOnce: Int { state.withLock { $0.most } }
    /// The policy last served.
    var last: STSPolicy? { state.withLock { $0.last } }
    func resetMost() { state.withLock { $0.most = 0 } }
    func fail() { state.withLock { $0.fails = true } }

    func fetch(_ request: PolicyRequest) async throws -> HTTPResponse {
        let (number, fails) = state.withLock { state in
            state.count += 1
            state.running += 1
            state.most = max(state.most, state.running)
            return (state.count, state.fails)
        }
        // Others get on meanwhile.
        for _ in 0..<4 { await Task.yield() }
        let isEven = alternates && number % 2 == 0
        let text = FaultWorld.text(isEven ? 2 : 1, mode: isEven ? "testing" : "enforce", maxAge: 86_400)
        let policy = try STSPolicy(parsing: text)
        state.withLock { state in
            state.running -= 1
            if !fails { state.last = policy }
        }
        if fails { throw HTTPFailure.connection(reason: "down") }
        return HTTPResponse(status: 200, contentType: "text/plain", body: Array(text.utf8))
    }
}
