// SPDX-License-Identifier: Apache-2.0

import MTASTS
import RequirementTrait
import Testing

@testable import MTASTSSystemDNS

/// Reading answers, from messages made by hand.
struct ReplyTests {
    typealias Resource = MessageBuilder.Resource

    /// One TXT record with two strings, its owner a compression pointer, AD set, an OPT record.
    static let signed = octets(
        hex: """
            1234 81a0 0001 0001 0000 0001
            085f6d74612d737473 0161 076578616d706c65 00 0010 0001
            c00c 0010 0001 0000003c 0010 08 763d5354537631 3b 06 69643d413b00
            00 0029 04d0 00000000 0000
            """
    )

    @Test(.proves("R-DISC-11")) func readsStringsTimeToLiveAndTheADBit() throws {
        let reply = try reply(Self.signed)
        #expect(reply.records == [TXTRecord(strings: [Array("v=STSv1;".utf8), Array("id=A;\0".utf8)])])
        #expect(reply.timeToLive == 60)
        #expect(reply.isAuthenticated)
        #expect(reply.hops == 0)
    }

    @Test func everyShorterMessageIsMalformed() {
        for count in 0..<Self.signed.count {
            #expect(code { try reply(Array(Self.signed[..<count])) } == .malformedAnswer, "\(count) octets")
        }
    }

    @Test func anEmptyStringAndARecordWithoutStringsAreKept() throws {
        var builder = MessageBuilder()
        builder.answers = [.txt(builder.question, ""), .txt(builder.question)]
        #expect(try reply(builder.message).records.map(\.strings) == [[[]], []])
    }

    @Test func namesCompareWithoutRegardToCase() throws {
        var builder = MessageBuilder()
        builder.question = "_MTA-STS.A.Example"
        builder.answers = [.txt("_mta-sts.a.EXAMPLE", "x")]
        #expect(try reply(builder.message).records.count == 1)
    }

    @Test(.proves("R-DISC-10")) func followsAChainInAnyOrderAndTakesNothingElse() throws {
        var builder = MessageBuilder()
        builder.answers = [
            .txt("c.example", "wanted", ttl: 40),
            .cname("b.example", "c.example", ttl: 30),
            .txt("elsewhere.example", "planted", ttl: 1),
            .cname("elsewhere.example", "c.example", ttl: 1),
            .cname(builder.question, "B.example", ttl: 50),
            Resource(owner: wire("c.example"), type: ResourceType.txt, data: [0], resourceClass: 3),
        ]
        let reply = try reply(builder.message)
        #expect(reply.records == [TXTRecord("wanted")])
        #expect(reply.hops == 2)
        #expect(reply.timeToLive == 30)
    }

    @Test(.proves("R-DISC-10"), arguments: [(8, true), (9, false)])
    func anAliasChainHasAtMostEightHops(hops: Int, isRead: Bool) {
        var builder = MessageBuilder()
        let names = [builder.question] + (1...hops).map { "n\($0).example" }
        builder.answers = zip(names, names.dropFirst()).map { .cname($0, $1) } + [.txt("n\(hops).example", "x")]
        #expect(code { try reply(builder.message) } == (isRead ? nil : .aliasLoop))
    }

    @Test(.proves("R-DISC-10")) func anAliasLoopIsAFailure() {
        var builder = MessageBuilder()
        builder.answers = [.cname(builder.question, "b.example"), .cname("b.example", builder.question)]
        #expect(code { try reply(builder.message) } == .aliasLoop)
    }

    @Test func anAliasWithoutTargetIsToBeAskedFor() throws {
        var builder = MessageBuilder()
        builder.answers = [.cname(builder.question, "b.example", ttl: 9)]
        #expect(try reply(builder.message).summary == "alias b.example")
        #expect(try reply(builder.message).timeToLive == 9)
        // A start of authority of the target's zone says that there is nothing; one of another zone does not.
        builder.authorities = [.soa("example", ttl: 60, minimum: 5)]
        #expect(try reply(builder.message).summary == "no data")
        #expect(try reply(builder.message).timeToLive == 5)
        builder.authorities = [.soa("other.example", ttl: 60, minimum: 5)]
        #expect(try reply(builder.message).summary == "alias b.example")
    }

    @Test(.proves("R-DISC-25"), arguments: [(60, 300), (300, 60)] as [(UInt32, UInt32)])
    func absenceLivesAsLongAsTheSmallerOfTwoTimes(ttl: UInt32, minimum: UInt32) throws {
        var builder = MessageBuilder()
        builder.authorities = [.soa("example", ttl: ttl, minimum: minimum)]
        #expect(try reply(builder.message).summary == "no data")
        #expect(try reply(builder.message).timeToLive == 60)
        builder.flags = 0x8183
        #expect(try reply(builder.message).summary == "no such name")
        #expect(try reply(builder.message).timeToLive == 60)
    }

    @Test func absenceWithoutStartOfAuthorityHasNoTime() throws {
        var builder = MessageBuilder()
        #expect(try reply(builder.message).summary == "no data")
        #expect(try reply(builder.message).timeToLive == nil)
        builder.flags = 0x8183
        builder.answers = [.cname(builder.question, "b.example")]
        #expect(try reply(builder.message).summary == "no such name")
        #expect(try reply(builder.message).timeToLive == nil)
    }

    @Test func aReferralIsNoAnswer() {
        var builder = MessageBuilder()
        builder.authorities = [.ns("example", "ns.example")]
        #expect(code { try reply(builder.message) } == .refused)
    }

    @Test func aTimeWithTheHighestBitCountsAsZero() throws {
        var builder = MessageBuilder()
        builder.answers = [.txt(builder.question, "x", ttl: 0x8000_0000)]
        #expect(try reply(builder.message).timeToLive == 0)
        builder.answers = [.txt(builder.question, "x", ttl: 0x7FFF_FFFF)]
        #expect(try reply(builder.message).timeToLive == 0x7FFF_FFFF)
    }

    @Test func theExtendedResponseCodeIsAFailure() {
        var builder = MessageBuilder()
        builder.answers = [.txt(builder.question, "x")]
        builder.additionals = [Resource(owner: [0], type: ResourceType.opt, timeToLive: 0x0100_0000, data: [])]
        #expect(code { try reply(builder.message) } == .refused)
    }

    @Test(arguments: ["_mta-sts.b.example", "a.example", "_mta-sts.a.example.net"])
    func anAnswerToAnotherQuestionIsMalformed(question: String) {
        var builder = MessageBuilder()
        builder.question = question
        builder.answers = [.txt("_mta-sts.a.example", "x")]
        #expect(code { try reply(builder.message) } == .malformedAnswer)
        builder.question = "_mta-sts.a.example"
        builder.type = ResourceType.mx
        #expect(code { try reply(builder.message) } == .malformedAnswer)
        builder.type = ResourceType.txt
        builder.flags = 0x0180
        #expect(code { try reply(builder.message) } == .malformedAnswer)
    }

    @Test func readsMXRecords() throws {
        var builder = MessageBuilder()
        builder.type = ResourceType.mx
        func mx(_ data: [UInt8]) -> Resource {
            Resource(owner: wire(builder.question), type: ResourceType.mx, data: data)
        }
        builder.answers = [
            mx([0, 10] + wire("MX1.a.example")), mx([0, 0, 0]), mx([1, 2, 3, 0x61, 0x2E, 0xFF, 0]),
        ]
        let records = try reply(builder.message, as: MXRecord.self).records
        #expect(records.map(\.preference) == [10, 0, 258])
        #expect(records.map(\.exchangeText) == ["mx1.a.example", ".", "a\\.\\255"])
        #expect(records.map(\.exchange) == [DomainName("mx1.a.example"), nil, nil])
        #expect(records.map(\.isNullMX) == [false, true, false])
        for bad: [UInt8] in [[], [0], [0, 1], [0, 1, 0, 0], [0, 1, 0xC0]] {
            builder.answers = [mx(bad)]
            #expect(code { try reply(builder.message, as: MXRecord.self) } == .malformedAnswer)
        }
    }

    @Test(arguments: [3, 4, 5, 15, 16, 17])
    func anAddressHasFourOrSixteenOctets(count: Int) {
        var builder = MessageBuilder()
        let data = [UInt8](repeating: 1, count: count)
        builder.type = ResourceType.a
        builder.answers = [Resource(owner: wire(builder.question), type: builder.type, data: data)]
        #expect(code { try reply(builder.message, as: IPv4Data.self) } == (count == 4 ? nil : .malformedAnswer))
        builder.type = ResourceType.aaaa
        builder.answers = [Resource(owner: wire(builder.question), type: builder.type, data: data)]
        #expect(code { try reply(builder.message, as: IPv6Data.self) } == (count == 16 ? nil : .malformedAnswer))
    }
}

/// The code of the failure that `body` throws, nil if it throws none.
func code<Value>(_ body: () throws -> Value) -> DNSFailure.Code? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? DNSFailure)?.code
    }
}
