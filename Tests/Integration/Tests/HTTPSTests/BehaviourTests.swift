// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import RequirementTrait
import Testing

extension HTTPSTests {
    /// What a server sees of us, and whom we connect to.
    struct BehaviourTests {
        @Test(
            .proves("R-FETCH-01", "R-FETCH-02", "R-FETCH-11", "R-FETCH-12", "R-FETCH-18", "R-FETCH-23", "R-FETCH-25"),
            arguments: HTTPStack.allCases
        )
        func requestIsPlain(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let known = try world.accessLog(of: "testing").count
            // The second one shows that nothing is remembered of the first.
            for _ in 0..<2 { _ = try await transport.http.fetch(try request(world, "testing")) }
            let seen = try world.accessLog(of: "testing").dropFirst(known)
            #expect(seen.count == 2)
            for entry in seen {
                #expect(entry.sni == "mta-sts.testing.example")
                #expect(entry.hostField == "mta-sts.testing.example")
                #expect(entry.request == "GET /.well-known/mta-sts.txt HTTP/1.1")
                #expect(["TLSv1.2", "TLSv1.3"].contains(entry.tls))
                #expect(entry.agent.hasPrefix("swift-mta-sts"))
                #expect(entry.accept == "text/plain")
                #expect(entry.acceptEncoding == "identity")
                #expect(entry.cacheControl == "no-cache")
                #expect(entry.connection == "close")
                #expect(entry.cookie == "" && entry.modified == "" && entry.etag == "")
            }
            await transport.shutdown()
        }

        @Test(.proves("R-FETCH-02"), arguments: HTTPStack.allCases)
        func misbehavingServersSeeTheName(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let known = try world.events(of: "chunks").count
            _ = try await transport.http.fetch(try request(world, "chunks"))
            let events = try world.events(of: "chunks").dropFirst(known)
            #expect(events.first { $0.event == "opened" }?.sni == "mta-sts.chunks.example")
            #expect(
                events.first { $0.event == "request" }?.header?.contains("\r\nHost: mta-sts.chunks.example\r\n") == true
            )
            await transport.shutdown()
        }

        @Test(.proves("R-FETCH-10"), arguments: HTTPStack.allCases)
        func redirectIsNotFollowed(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let known = try world.requestCount(of: "enforce")
            let response = try await transport.http.fetch(try request(world, "status-301"))
            #expect(response.status == 301)
            #expect(try world.requestCount(of: "enforce") == known)
            await transport.shutdown()
        }

        @Test(.proves("R-FETCH-24"), arguments: HTTPStack.allCases)
        func proxiesOfTheEnvironmentAreNotUsed(stack: HTTPStack) async throws {
            let names = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
            // Nobody listens there: a fetch that went by the proxy would fail.
            for name in names { setenv(name, "http://127.0.8.250:1", 1) }
            defer { for name in names { unsetenv(name) } }
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            #expect(try await transport.http.fetch(try request(world, "enforce")).status == 200)
            await transport.shutdown()
        }

        @Test(.proves("R-FETCH-25"), arguments: HTTPStack.allCases)
        func guardRefusesLoopback(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let guarded = try stack.transport(in: world, gate: ConnectionGate())
            let known = try world.events(of: "chunks").count
            do {
                _ = try await guarded.http.fetch(try request(world, "chunks"))
                Issue.record("the guard let 127.0.8.111 through")
            } catch let HTTPFailure.connection(reason) {
                #expect(reason == "127.0.8.111 is not a public address")
            }
            await guarded.shutdown()
            let address = try #require(IPAddress("127.0.8.111"))
            let exempting = try stack.transport(in: world, gate: ConnectionGate(exempt: [address]))
            #expect(try await exempting.http.fetch(try request(world, "chunks")).status == 200)
            await exempting.shutdown()
            // One connection in all: the guarded transport has not even opened one.
            let events = try await settled(world, "chunks", after: known)
            #expect(events.count { $0.event == "opened" } == 1)
        }

        @Test(arguments: HTTPStack.allCases)
        func connectionsToOneAddressAreCounted(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let gate = ConnectionGate(refusesNonPublicAddresses: false, maximumConnectionsPerAddress: 1)
            let transport = try stack.transport(in: world, gate: gate)
            let last = try world.events(of: "no-answer").map(\.connection).max() ?? 0
            let waiting = try request(world, "no-answer", deadline: .seconds(30))
            let fetch = Task { try await transport.http.fetch(waiting) }
            _ = try await world.event(of: "no-answer") { $0.connection > last && $0.event == "request" }
            await #expect(throws: HTTPFailure.self) {
                do {
                    _ = try await transport.http.fetch(waiting)
                } catch let failure as HTTPFailure {
                    guard case .overloaded = failure else {
                        Issue.record("\(failure) instead of .overloaded")
                        throw failure
                    }
                    throw failure
                }
            }
            fetch.cancel()
            _ = await fetch.result
            await transport.shutdown()
            // The count is taken back exactly once: one more connection is admitted, two are not.
            let address = try #require(IPAddress("127.0.8.113"))
            try gate.connectionOpened(to: address)
            #expect(throws: HTTPFailure.self) { try gate.connectionOpened(to: address) }
        }

        @Test(arguments: HTTPStack.allCases)
        func overrideByName(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let endpoints = EndpointOverride(others: .init(host: "localhost", port: world.port))
            let transport = try stack.transport(in: world, endpoints: endpoints)
            #expect(try await transport.http.fetch(try request(world, "enforce")).status == 200)
            await transport.shutdown()
        }

        @Test(arguments: HTTPStack.allCases)
        func nameWithoutAddress(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world, endpoints: EndpointOverride())
            let host = try #require(DomainName("mta-sts.nowhere.invalid"))
            let start = ContinuousClock.now
            await #expect(throws: HTTPFailure.self) {
                try await transport.http.fetch(PolicyRequest(host: host, deadline: .seconds(2)))
            }
            #expect(ContinuousClock.now - start < .seconds(3))
            await transport.shutdown()
        }

        @Test(.proves("R-FETCH-06"), arguments: HTTPStack.allCases)
        func trustRootsCanBeReloaded(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).pem")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data(contentsOf: URL(fileURLWithPath: world.otherRoot)).write(to: file)
            let transport = try stack.transport(in: world, trustRoot: file.path)
            await expectCertificateFailure(transport, try request(world, "enforce"))
            try Data(contentsOf: URL(fileURLWithPath: world.trustRoot)).write(to: file)
            await expectCertificateFailure(transport, try request(world, "enforce"))
            try transport.reloadTrustRoots()
            #expect(try await transport.http.fetch(try request(world, "enforce")).status == 200)
            try FileManager.default.removeItem(at: file)
            #expect(throws: (any Error).self) { try transport.reloadTrustRoots() }
            #expect(try await transport.http.fetch(try request(world, "enforce")).status == 200)
            await transport.shutdown()
        }

        /// The roots that are used by default do not vouch for our authority, and many fetches share one copy of them.
        @Test(.proves("R-FETCH-05", "R-FETCH-06"), arguments: HTTPStack.allCases)
        func systemTrustRoots(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transportWithSystemRoots(in: world)
            await expectCertificateFailure(transport, try request(world, "enforce"))
            let policyRequest = try request(world, "enforce")
            try HTTPSProcessMemory.resetPeak()
            let before = try HTTPSProcessMemory.resident()
            let start = ContinuousClock.now
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { await expectCertificateFailure(transport, policyRequest) } }
            }
            let growth = try HTTPSProcessMemory.peak() - before
            print(
                "50 refusals by the system's roots, \(stack.rawValue): \(ContinuousClock.now - start), +\(growth / 1_024) KiB"
            )
            #expect(growth < 16 * 1_048_576)
            await transport.shutdown()
        }

        @Test(arguments: HTTPStack.allCases)
        func shutdownEndsAllFetches(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let last = try world.events(of: "no-answer").map(\.connection).max() ?? 0
            let waiting = try request(world, "no-answer", deadline: .seconds(30))
            let fetch = Task { try await transport.http.fetch(waiting) }
            _ = try await world.event(of: "no-answer") { $0.connection > last && $0.event == "request" }
            let start = ContinuousClock.now
            await transport.shutdown()
            await #expect(throws: HTTPFailure.self) { try await fetch.value }
            await #expect(throws: HTTPFailure.self) { try await transport.http.fetch(waiting) }
            #expect(ContinuousClock.now - start < .seconds(2))
            await transport.shutdown()
        }

        private func expectCertificateFailure(_ transport: HTTPStack.Running, _ request: PolicyRequest) async {
            do {
                let response = try await transport.http.fetch(request)
                Issue.record("a response with status \(response.status)")
            } catch {
                guard case HTTPFailure.certificate = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }

        private func request(
            _ world: HTTPSWorld,
            _ name: String,
            deadline: Duration = .seconds(10)
        ) throws -> PolicyRequest {
            PolicyRequest(host: try #require(world.hosts[name]).policyHost, deadline: deadline)
        }

        /// The events after the `known` first ones, once a connection of theirs is closed.
        private func settled(
            _ world: HTTPSWorld,
            _ name: String,
            after known: Int
        ) async throws -> [HTTPSWorld.Event] {
            let last = try world.events(of: name).prefix(known).map(\.connection).max() ?? 0
            _ = try await world.event(of: name) { $0.connection > last && $0.event == "closed" }
            return Array(try world.events(of: name).dropFirst(known))
        }
    }
}
