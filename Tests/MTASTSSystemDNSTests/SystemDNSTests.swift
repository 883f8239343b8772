// SPDX-License-Identifier: Apache-2.0

import MTASTS
import RequirementTrait
import Testing

@testable import MTASTSSystemDNS

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Whole look-ups against a server inside the test.
struct SystemDNSTests {
    private let name = DomainName("_mta-sts.a.example")

    /// Runs a look-up of TXT records against a scripted server; gives the outcome and the number of queries.
    private func lookUp(
        timeout: Duration = .seconds(60),
        attempts: Int = 1,
        _ script: @escaping LoopbackServer.Script
    ) async throws -> (outcome: Result<DNSAnswer<TXTRecord>, any Error>, queries: Int) {
        let server = try LoopbackServer(script)
        defer { server.stop() }
        let dns = SystemDNS(server: server.server, timeout: timeout, attempts: attempts)
        let name = try #require(name)
        do {
            return (.success(try await dns.txtRecords(at: name)), server.queryCount)
        } catch {
            return (.failure(error), server.queryCount)
        }
    }

    private func failure(_ outcome: Result<DNSAnswer<TXTRecord>, any Error>) -> DNSFailure.Code? {
        code { try outcome.get() }
    }

    /// An answer to `query`: the same ID and question, flags, and records.
    private static func answer(
        _ query: [UInt8],
        flags: UInt16 = 0x8180,
        answers: [MessageBuilder.Resource] = []
    ) -> [UInt8] {
        var end = 12
        while query[end] != 0 { end += 1 + Int(query[end]) }
        end += 5
        var message = Array(query[..<2])
        for word in [flags, 1, UInt16(answers.count), 0, 0] { message.append(uint16: word) }
        return message + query[12..<end] + answers.flatMap(\.octets)
    }

    @Test func anAnswerIsTaken() async throws {
        let (outcome, queries) = try await lookUp { query, _ in
            [Self.answer(query, flags: 0x81A0, answers: [.txt("_mta-sts.a.example", "x", ttl: 7)])]
        }
        let answer = try outcome.get()
        #expect(answer.records == [TXTRecord("x")])
        #expect(answer.timeToLive == .seconds(7))
        #expect(answer.isAuthenticated)
        #expect(queries == 1)
    }

    @Test(
        .proves("R-DISC-25"),
        arguments: [
            (1, .refused), (2, .serverFailure), (4, .refused), (5, .refused), (9, .refused),
        ] as [(UInt16, DNSFailure.Code)]
    )
    func anErrorCodeIsAFailureAfterOneQuery(responseCode: UInt16, expected: DNSFailure.Code) async throws {
        let (outcome, queries) = try await lookUp(attempts: 3) { query, _ in
            [Self.answer(query, flags: 0x8180 | responseCode)]
        }
        #expect(failure(outcome) == expected)
        #expect(queries == 1)
    }

    @Test func anErrorWithoutQuestionIsTaken() async throws {
        let (outcome, _) = try await lookUp { query, _ in
            [Array(query[..<2]) + [0x80, 0x02] + [UInt8](repeating: 0, count: 8)]
        }
        #expect(failure(outcome) == .serverFailure)
    }

    @Test(.proves("R-DISC-25")) func aServerThatDoesNotAnswerIsAskedAgain() async throws {
        let (outcome, queries) = try await lookUp(timeout: .milliseconds(400), attempts: 3) { _, _ in [] }
        #expect(failure(outcome) == .timeout)
        #expect(queries == 3)
    }

    @Test func datagramsThatAnswerAnotherQueryAreSkipped() async throws {
        let (outcome, _) = try await lookUp { query, _ in
            let answer = Self.answer(query, answers: [.txt("_mta-sts.a.example", "right")])
            var otherID = answer
            otherID[0] ^= 0xFF
            var otherName = answer
            otherName[14] ^= 0x01
            var notAnAnswer = answer
            notAnAnswer[2] &= 0x7F
            return [[], [0], otherID, otherName, notAnAnswer, answer]
        }
        #expect(try outcome.get().records == [TXTRecord("right")])
    }

    @Test(.proves("R-DISC-27")) func aTruncatedAnswerIsFetchedOverTCP() async throws {
        let long = String(repeating: "x", count: 200)
        let (outcome, queries) = try await lookUp { query, overTCP in
            guard overTCP else { return [Self.answer(query, flags: 0x8380)] }
            return [Self.answer(query, answers: (0..<250).map { _ in .txt("_mta-sts.a.example", long) })]
        }
        #expect(try outcome.get().records == Array(repeating: TXTRecord(long), count: 250))
        #expect(queries == 2)
    }

    @Test func aServerThatTruncatesAndThenStallsOverTCPTimesOut() async throws {
        let start = ContinuousClock.now
        let (outcome, _) = try await lookUp(timeout: .milliseconds(100)) { query, overTCP in
            overTCP ? [] : [Self.answer(query, flags: 0x8380)]
        }
        #expect(failure(outcome) == .timeout)
        #expect(ContinuousClock.now - start < .seconds(60))  // a busy machine; the peer would never end it
    }

    @Test func truncationOverTCPIsMalformed() async throws {
        let (outcome, _) = try await lookUp { query, _ in [Self.answer(query, flags: 0x8380)] }
        #expect(failure(outcome) == .malformedAnswer)
    }

    @Test(.proves("R-DISC-10")) func anAliasWithoutItsTargetIsFollowed() async throws {
        let (outcome, queries) = try await lookUp { query, _ in
            switch query[12] {
            case 8: [Self.answer(query, flags: 0x81A0, answers: [.cname("_mta-sts.a.example", "b.example", ttl: 5)])]
            default: [Self.answer(query, flags: 0x8180, answers: [.txt("b.example", "x", ttl: 9)])]
            }
        }
        let answer = try outcome.get()
        #expect(answer.records == [TXTRecord("x")])
        #expect(answer.timeToLive == .seconds(5))
        #expect(!answer.isAuthenticated)
        #expect(queries == 2)
    }

    @Test(.proves("R-DISC-10")) func aliasesThatLeadOnWithoutEndStop() async throws {
        let (outcome, queries) = try await lookUp { query, _ in
            var position = 12
            let owner = (try? WireName(reading: query.span, at: &position))?.text ?? ""
            let next = owner == "b.example" ? "_mta-sts.a.example" : "b.example"
            return [Self.answer(query, answers: [.cname(owner, next)])]
        }
        #expect(failure(outcome) == .aliasLoop)
        #expect(queries == 9)
    }

    @Test func addressesJoinBothFamiliesAndOutliveOneFailure() async throws {
        let server = try LoopbackServer { query, _ in
            let isIPv6 = query[query.count - 14] == 28
            if isIPv6 { return [Self.answer(query, flags: 0x8182)] }
            let name = "_mta-sts.a.example"
            return [Self.answer(query, answers: [.init(owner: wire(name), type: 1, data: [192, 0, 2, 1])])]
        }
        defer { server.stop() }
        let dns = SystemDNS(server: server.server)
        let answer = try await dns.addresses(of: try #require(name))
        #expect(answer.records == [IPAddress("192.0.2.1")].compactMap { $0 })
        #expect(answer.timeToLive == .seconds(300))
        #expect(server.queryCount == 2)
    }

    @Test func aClosedPortIsUnreachable() async throws {
        let descriptor = try LoopbackServer.bound(SOCK_DGRAM, port: 0)
        let port = try LoopbackServer.port(of: descriptor)
        close(descriptor)
        let dns = SystemDNS(
            server: try SystemDNS.Server(parsing: "127.0.0.1:\(port)"),
            timeout: .seconds(60),
            attempts: 2
        )
        await #expect { try await dns.txtRecords(at: try #require(name)) } throws: { error in
            (error as? DNSFailure)?.code == .unreachable
        }
    }

    @Test func cancellationIsPromptAndFreesTheThread() async throws {
        let server = try LoopbackServer { _, _ in [] }
        defer { server.stop() }
        let dns = SystemDNS(server: server.server, timeout: .seconds(3600))
        let name = try #require(name)
        let task = Task { try await dns.txtRecords(at: name) }
        #expect(await eventually { server.queryCount == 1 })
        let start = ContinuousClock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(await eventually { dns.pool.threadCount == 0 })
        #expect(ContinuousClock.now - start < .seconds(60))  // a busy machine; the peer would never end it
    }

    @Test func aFullQueueFailsAtOnceAndSendsNothing() async throws {
        let server = try LoopbackServer { _, _ in [] }
        defer { server.stop() }
        let dns = SystemDNS(
            server: server.server,
            timeout: .seconds(3600),
            maximumConcurrentQueries: 1,
            maximumQueuedQueries: 1
        )
        let name = try #require(name)
        let tasks = (0..<2).map { _ in Task { try await dns.txtRecords(at: name) } }
        #expect(await eventually { server.queryCount == 1 && dns.pool.load == 2 })
        await #expect(throws: DNSFailure(.overloaded)) { try await dns.txtRecords(at: name) }
        #expect(server.queryCount == 1)
        for task in tasks { task.cancel() }
        for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
    }

    @Test func aQueryThatWaitsTooLongForAThreadFails() async throws {
        let server = try LoopbackServer { _, _ in [] }
        defer { server.stop() }
        let dns = SystemDNS(
            server: server.server,
            timeout: .milliseconds(200),
            attempts: 1,
            maximumConcurrentQueries: 1
        )
        let name = try #require(name)
        #expect(dns.timeLimit == .milliseconds(400))
        let tasks = (0..<20).map { _ in Task { try await dns.txtRecords(at: name) } }
        var codes: [DNSFailure.Code?] = []
        for task in tasks {
            let result = await task.result
            codes.append(code { try result.get() })
        }
        // The first ones time out; without a limit on the wait for a thread all would.
        #expect(Set(codes).isSubset(of: [.timeout, .overloaded]))
        #expect(codes.contains(.overloaded))
        #expect(server.queryCount < tasks.count)
    }

    @Test func argumentsAreHeldInBounds() {
        let wild = SystemDNS(timeout: .seconds(Int64.max), attempts: .max, maximumConcurrentQueries: .max)
        #expect(wild.timeout == .seconds(3600))
        #expect(wild.attempts == 10)
        let none = SystemDNS(timeout: .zero, attempts: 0, maximumConcurrentQueries: 0, maximumQueuedQueries: -1)
        #expect(none.timeout == .milliseconds(1))
        #expect(none.attempts == 1)
    }
}
