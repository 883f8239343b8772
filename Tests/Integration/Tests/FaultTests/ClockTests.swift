// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTSTesting
import Testing

@testable import MTASTS

/// A clock that is a year wrong: the test's own, and the system's as `faketime` shows it to a process.
@Suite(.serialized) struct ClockTests {
    private static let year: Int64 = 365 * 86_400

    struct Jump: Sendable, CustomTestStringConvertible {
        let name: String
        let seconds: Int64
        let isUp: Bool
        /// The id of the policy then in force.
        let id: Int?
        let told: String
        /// The id of the policy in force when the clock is right again and HTTPS is down.
        let idAfter: Int?

        var testDescription: String { name }
    }

    @Test(arguments: [
        Jump(name: "back, HTTPS up", seconds: -year, isUp: true, id: 2, told: "1 fetchedInFuture", idAfter: nil),
        Jump(
            name: "back, HTTPS down",
            seconds: -year,
            isUp: false,
            id: 1,
            told: "1 discoveryFailed, 1 fetchedInFuture",
            idAfter: 1
        ),
        Jump(name: "forward, HTTPS up", seconds: year, isUp: true, id: 2, told: "none", idAfter: 2),
        Jump(
            name: "forward, HTTPS down",
            seconds: year,
            isUp: false,
            id: nil,
            told: "1 discoveryFailed, 1 lapsed",
            idAfter: 1
        ),
    ])
    func manual(_ jump: Jump) async throws {
        let scratch = try Scratch()
        let before = try FaultWorld(scratch.store)
        let domain = try before.publish(0)
        #expect(try await before.id(domain) == 1)
        let world = try before.restarted()
        world.wall.advance(bySeconds: jump.seconds)
        try Self.serve(2, jump.isUp, world, domain)
        let requests = world.https.requests.count
        #expect(try await world.id(domain) == jump.id)
        #expect(world.https.requests.count == requests + 1, "a fetch is due")
        await world.resolver.refreshDue()
        let told = await world.events().summary
        #expect(told == jump.told)
        let stored = try await world.stored(domain)
        #expect(stored.flatMap { FaultWorld.id(of: $0.policy) } == (jump.isUp ? 2 : 1), "never destroyed")
        // The clock is set right, with nothing in memory.
        world.wall.advance(bySeconds: -jump.seconds)
        let after = try world.restarted()
        try Self.serve(3, false, after, domain)
        #expect(try await after.id(domain) == jump.idAfter)
        FaultTable.row(
            "clock a year \(jump.name)",
            expected: jump.seconds < 0 ? "in force, fetched again" : "expired, fetched again, the file stays",
            seen: "policy \(jump.id.map { $0 == 2 ? "fetched anew" : "kept" } ?? "none"), file there; "
                + "clock right again, HTTPS down: " + (jump.idAfter == nil ? "expired" : "in force"),
            told: told
        )
    }

    private static func serve(_ id: Int, _ isUp: Bool, _ world: FaultWorld, _ domain: DomainName) throws {
        let host = try #require(domain.policyHost)
        world.https.answer(isUp ? .policy(FaultWorld.text(id)) : .failure(.connection(reason: "down")), at: host)
    }

    /// What one process after the other makes of one store.
    @Test func system() throws {
        let scratch = try Scratch()
        let steps: [(days: Int, state: String, expected: String, meaning: String)] = [
            (0, "up", "enforce, then enforce, 1 GET", "fetched"),
            (-365, "down", "enforce, then enforce, 1 GET", "a year back, HTTPS down: in force"),
            (365, "down", "none, then none, 1 GET", "a year forward, HTTPS down: none"),
            (0, "down", "enforce, then enforce, 0 GET", "right again: in force"),
            (-365, "up", "enforce, then enforce, 1 GET", "a year back, HTTPS up: fetched anew"),
            (0, "down", "none, then none, 1 GET", "right again, HTTPS down: none"),
            (365, "up", "enforce, then enforce, 1 GET", "a year forward, HTTPS up: fetched anew"),
            (0, "down", "enforce, then enforce, 1 GET", "right again, HTTPS down: in force"),
        ]
        for step in steps {
            // The monotonic clock is left alone, so that sleeping threads wake.
            let wrapper = [
                "env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f", "\(step.days < 0 ? "" : "+")\(step.days)d",
            ]
            let process = try StoreProcess(["resolve", scratch.store, "example.com", step.state], under: wrapper)
            let lines = process.finish()
            #expect(lines.first == step.expected, "\(step)")
            let clock = try #require(lines.last?.split(separator: " ").last.flatMap { Int64($0) })
            let real = SystemWallClock().now.secondsSinceEpoch + Int64(step.days) * 86_400
            #expect(abs(clock - real) < 60, "faketime did not move the clock")
        }
        FaultTable.row(
            "system clock a year wrong (faketime), 8 processes",
            expected: "in force and fetched again; expired, with the file kept",
            seen: steps.dropFirst().map(\.meaning).joined(separator: "; "),
            told: "as above"
        )
    }
}
