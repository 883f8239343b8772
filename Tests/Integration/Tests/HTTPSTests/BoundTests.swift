// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import RequirementTrait
import Testing

extension HTTPSTests {
    /// What a server may cost us: memory, sockets, time.
    struct BoundTests {
        private static let mebibyte = 1_048_576

        @Test(.proves("R-FETCH-16"), arguments: HTTPStack.allCases, [1, 100])
        func endlessBodyCostsLittle(stack: HTTPStack, count: Int) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let host = try #require(world.hosts["endless-body"]).policyHost
            // What as many ordinary fetches set up is not the endless body's cost.
            let ordinary = try request(world, "limit")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count { group.addTask { _ = try await transport.http.fetch(ordinary) } }
                try await group.waitForAll()
            }
            let known = try world.events(of: "endless-body").count
            try HTTPSProcessMemory.resetPeak()
            let before = try HTTPSProcessMemory.resident()
            let start = ContinuousClock.now
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        await #expect(throws: HTTPFailure.tooLarge(limit: PolicyRequest.defaultBodyLimit)) {
                            try await transport.http.fetch(PolicyRequest(host: host, deadline: .seconds(30)))
                        }
                    }
                }
            }
            let duration = ContinuousClock.now - start
            let growth = try HTTPSProcessMemory.peak() - before
            await transport.shutdown()
            let closed = try await closedEvents(world, "endless-body", after: known, count: count)
            let slowest = closed.map { $0.time - ($0.passed ?? -.infinity) }.max() ?? .infinity
            let most = closed.compactMap(\.octets).max() ?? 0
            print(
                "endless-body x\(count) \(stack.rawValue): \(duration), memory +\(growth / 1_024) KiB,",
                "closed at most \(slowest) s after octet 65,537, at most \(most) octets sent"
            )
            #expect(growth <= 16 * Self.mebibyte)
            // A hundred at once wait for each other on a busy machine; that none reads on shows in what was sent.
            #expect(slowest < (count == 1 ? 1 : 5))
            #expect(most < Self.mebibyte)
        }

        @Test(.proves("R-FETCH-15"), arguments: HTTPStack.allCases)
        func aHundredDripsAreGivenUpInTime(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world, connectTimeout: .seconds(60))
            let deadline = Duration.seconds(3)
            _ = try await transport.http.fetch(try request(world, "limit"))
            try HTTPSProcessMemory.resetPeak()
            let before = try HTTPSProcessMemory.resident()
            let slow = try request(world, "drip", deadline: deadline)
            let durations = await withTaskGroup(of: Duration.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let start = ContinuousClock.now
                        await #expect(throws: HTTPFailure.deadline(deadline)) { try await transport.http.fetch(slow) }
                        return ContinuousClock.now - start
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let growth = try HTTPSProcessMemory.peak() - before
            let slowest = try #require(durations.max())
            print("drip x100 \(stack.rawValue): the last given up after \(slowest), memory +\(growth / 1_024) KiB")
            #expect(slowest < deadline + .seconds(1))
            #expect(growth <= 16 * Self.mebibyte)
            await transport.shutdown()
        }

        @Test(
            .proves("R-FETCH-15"),
            arguments: HTTPStack.allCases,
            ["drip", "drip-header", "no-answer", "no-handshake"]
        )
        func slowServerIsGivenUp(stack: HTTPStack, name: String) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world, connectTimeout: .seconds(60))
            let known = try world.events(of: name).count
            let deadline = Duration.seconds(2)
            let start = ContinuousClock.now
            await #expect(throws: HTTPFailure.deadline(deadline)) {
                try await transport.http.fetch(try request(world, name, deadline: deadline))
            }
            let duration = ContinuousClock.now - start
            #expect(duration >= deadline && duration < deadline + .seconds(1))
            let closed = try await closedEvents(world, name, after: known, count: 1)
            let opened = try world.events(of: name).dropFirst(known).first { $0.event == "opened" }
            let life = closed[0].time - (opened?.time ?? -.infinity)
            print("\(name) \(stack.rawValue): given up after \(duration), socket closed after \(life) s")
            #expect(life < 3)
            await transport.shutdown()
        }

        @Test(.proves("R-FETCH-16"), arguments: HTTPStack.allCases)
        func bodyLimitIsExact(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let host = try #require(world.hosts["chunks"]).policyHost
            let size = try await transport.http.fetch(PolicyRequest(host: host)).body.count
            let response = try await transport.http.fetch(PolicyRequest(host: host, bodyLimit: size))
            #expect(response.body.count == size)
            await #expect(throws: HTTPFailure.tooLarge(limit: size - 1)) {
                try await transport.http.fetch(PolicyRequest(host: host, bodyLimit: size - 1))
            }
            await transport.shutdown()
        }

        @Test(arguments: HTTPStack.allCases, ["no-answer", "no-handshake", "drip"])
        func cancellationClosesTheSocket(stack: HTTPStack, name: String) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world, connectTimeout: .seconds(2))
            let known = try world.events(of: name).count
            let last = try world.events(of: name).map(\.connection).max() ?? 0
            let policyRequest = try request(world, name, deadline: .seconds(30))
            let fetch = Task { try await transport.http.fetch(policyRequest) }
            let sign = name == "no-handshake" ? "opened" : "request"
            let seen = try await world.event(of: name) { $0.connection > last && $0.event == sign }
            let start = ContinuousClock.now
            fetch.cancel()
            await #expect(throws: CancellationError.self) { try await fetch.value }
            let duration = ContinuousClock.now - start
            #expect(duration < .seconds(1))
            let closed = try await closedEvents(world, name, after: known, count: 1)
            print(
                "\(name) \(stack.rawValue): cancelled after \(duration), closed \(closed[0].time - seen.time) s later"
            )
            // async-http-client cannot give up a handshake: the socket stays open for the connect time-out.
            let isHandshakeOfAsyncHTTPClient = stack == .asyncHTTPClient && name == "no-handshake"
            #expect(closed[0].time - seen.time < (isHandshakeOfAsyncHTTPClient ? 3 : 1))
            await transport.shutdown()
        }

        @Test(arguments: HTTPStack.allCases)
        func noTimeAtAll(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            await #expect(throws: HTTPFailure.deadline(.zero)) {
                try await transport.http.fetch(try request(world, "enforce", deadline: .zero))
            }
            await transport.shutdown()
        }

        private func request(
            _ world: HTTPSWorld,
            _ name: String,
            deadline: Duration = .seconds(10)
        ) throws -> PolicyRequest {
            PolicyRequest(host: try #require(world.hosts[name]).policyHost, deadline: deadline)
        }

        /// Waits until `count` connections that began after the `known` first events are closed.
        private func closedEvents(
            _ world: HTTPSWorld,
            _ name: String,
            after known: Int,
            count: Int
        ) async throws -> [HTTPSWorld.Event] {
            var number = 0
            _ = try await world.event(of: name, within: .seconds(15)) { _ in
                number = (try? world.events(of: name).dropFirst(known).count { $0.event == "closed" }) ?? 0
                return number >= count
            }
            return try world.events(of: name).dropFirst(known).filter { $0.event == "closed" }
        }
    }
}
