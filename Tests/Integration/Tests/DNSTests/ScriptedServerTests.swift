// SPDX-License-Identifier: Apache-2.0

import IntegrationSupport
import MTASTS
import MTASTSSystemDNS
import RequirementTrait
import Testing

/// Look-ups against a server that misbehaves.
struct ScriptedServerTests {
    private let world: DNSWorld
    private let server: SystemDNS.Server

    init() throws {
        world = try DNSWorld()
        server = try SystemDNS.Server(parsing: world.scripted)
    }

    private func lookUp(
        _ name: String,
        timeout: Duration = .seconds(30),
        attempts: Int = 1
    ) async throws -> DNSAnswer<TXTRecord> {
        let dns = SystemDNS(server: server, timeout: timeout, attempts: attempts)
        return try await dns.txtRecords(at: try #require(DomainName(name)))
    }

    private func failure(
        _ name: String,
        timeout: Duration = .seconds(30),
        attempts: Int = 1
    ) async -> DNSFailure? {
        do {
            _ = try await lookUp(name, timeout: timeout, attempts: attempts)
            return nil
        } catch {
            return error as? DNSFailure
        }
    }

    @Test(arguments: [("servfail", .serverFailure), ("refused", .refused)] as [(String, DNSFailure.Code)])
    func anErrorIsAFailureAfterOneQuery(mode: String, expected: DNSFailure.Code) async {
        let name = DNSWorld.freshName(mode)
        #expect(await failure(name, attempts: 3)?.code == expected)
        #expect(world.scriptedQueries(for: name) == ["TXT udp"])
    }

    @Test(.proves("R-DISC-25")) func silenceIsATimeoutAfterAllTries() async {
        let name = DNSWorld.freshName("silent")
        #expect(await failure(name, timeout: .milliseconds(300), attempts: 3)?.code == .timeout)
        #expect(world.scriptedQueries(for: name) == ["TXT udp", "TXT udp", "TXT udp"])
    }

    @Test func aLostQueryIsSentAgain() async throws {
        let name = DNSWorld.freshName("lost")
        #expect(try await lookUp(name, timeout: .seconds(1), attempts: 3).records.count == 1)
        #expect(world.scriptedQueries(for: name).count == 2)
    }

    @Test(
        .proves("R-DISC-27"),
        arguments: [("truncate", .timeout), ("closes", .unreachable)] as [(String, DNSFailure.Code)]
    )
    func aServerThatFailsOverTCPHoldsNobody(mode: String, expected: DNSFailure.Code) async {
        let name = DNSWorld.freshName(mode)
        let start = ContinuousClock.now
        #expect(await failure(name, timeout: .milliseconds(500))?.code == expected)
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(world.scriptedQueries(for: name) == ["TXT udp", "TXT tcp"])
    }

    @Test func junkIsSkipped() async throws {
        #expect(await failure(DNSWorld.freshName("junk"), timeout: .milliseconds(300))?.code == .timeout)
        #expect(try await lookUp(DNSWorld.freshName("wrongid")).records == [TXTRecord("v=STSv1; id=1;")])
    }

    @Test(.proves("R-DISC-10")) func aliasesWithoutTargetsAreFollowedUpToTheLimit() async throws {
        #expect(try await lookUp("n8.alias.example").records == [TXTRecord("v=STSv1; id=1;")])
        #expect(await failure("n9.alias.example")?.code == .aliasLoop)
        #expect(await failure("loop.alias.example")?.code == .aliasLoop)
    }

    @Test func aHeldAnswerComesOnceItIsReleased() async throws {
        let name = DNSWorld.freshName("hold")
        try world.setText("v=STSv1; id=held;", for: name)
        let task = Task { try await lookUp(name) }
        while world.scriptedQueries(for: name).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        try world.release(name)
        #expect(try await task.value.records == [TXTRecord("v=STSv1; id=held;")])
        #expect(world.scriptedQueries(for: name) == ["TXT udp"])
    }

    @Test func aHeldFailureComesOnceItIsReleased() async throws {
        let name = DNSWorld.freshName("holdfail")
        let task = Task { await failure(name) }
        while world.scriptedQueries(for: name).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        try world.release(name)
        #expect(await task.value?.code == .serverFailure)
    }

    @Test func cancellationIsPrompt() async throws {
        let name = DNSWorld.freshName("silent")
        let task = Task { try await lookUp(name) }
        while world.scriptedQueries(for: name).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        let start = ContinuousClock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(ContinuousClock.now - start < .seconds(2))
    }
}
