// SPDX-License-Identifier: Apache-2.0

import MTASTS
import Testing

@_spi(Fuzzing) @testable import MTASTSSystemDNS

/// Messages that lie, loop or leave their bounds.
struct HostileMessageTests {
    typealias Resource = MessageBuilder.Resource

    private static let questionEnd = 12 + wire("_mta-sts.a.example").count + 4

    @Test(arguments: [0, 1, 2, 100])
    func aPointerMustLeadBackwards(step: Int) {
        // The owner of the first answer points to itself, into itself, and ahead.
        let target = UInt16(Self.questionEnd + step)
        var builder = MessageBuilder()
        let pointer = [0xC0 | UInt8(target >> 8), UInt8(truncatingIfNeeded: target)]
        builder.answers = [Resource(owner: pointer, type: ResourceType.txt, data: [1, 0x78])]
        #expect(code { try reply(builder.message) } == .malformedAnswer)
    }

    @Test func twoPointersThatLeadToEachOtherAreMalformed() {
        var builder = MessageBuilder()
        // The pointer at 12 + 1 leads back to the label before it, which ends in the pointer again.
        var message = builder.message
        message.replaceSubrange(12..<Self.questionEnd, with: [1, 0x61, 0xC0, 12, 0, 16, 0, 1])
        #expect(code { try reply(message) } == .malformedAnswer)
        builder.question = "a"
        message = builder.message
        message[12] = 0xC0
        message[13] = 12
        #expect(code { try reply(message) } == .malformedAnswer)
    }

    @Test func aLongChainOfPointersEnds() {
        // 8,000 pointers, each to the one before: what a reader without a limit would walk for each record.
        var octets: [UInt8] = [0]
        for index in 0..<8000 {
            let target = index == 0 ? 0 : 1 + (index - 1) * 2
            octets += [0xC0 | UInt8(target >> 8), UInt8(truncatingIfNeeded: target)]
        }
        var position = octets.count - 2
        #expect(code { try WireName(reading: octets.span, at: &position) } == .malformedAnswer)
    }

    @Test func aNameHasAtMost255Octets() throws {
        var name = [UInt8]()
        for count in [63, 63, 63, 61] { name += [UInt8(count)] + [UInt8](repeating: 0x61, count: count) }
        var position = 0
        #expect(try WireName(reading: (name + [0]).span, at: &position).octets.count == 255)
        position = 0
        #expect(code { try WireName(reading: (name + [1, 0x61, 0]).span, at: &position) } == .malformedAnswer)
    }

    @Test(arguments: [0x40, 0x80, 0xBF] as [UInt8])
    func unknownKindsOfLabelAreMalformed(length: UInt8) {
        let octets = [length] + [UInt8](repeating: 0, count: 300)
        var position = 0
        #expect(code { try WireName(reading: octets.span, at: &position) } == .malformedAnswer)
    }

    @Test(arguments: [6, 8, 10])
    func aCountThatLiesIsMalformed(place: Int) {
        var message = ReplyTests.signed
        message[place] = 0xFF
        message[place + 1] = 0xFF
        #expect(code { try reply(message) } == .malformedAnswer)
    }

    @Test func dataThatLeavesItsRecordIsMalformed() {
        var builder = MessageBuilder()
        builder.answers = [
            Resource(owner: wire(builder.question), type: ResourceType.txt, data: [2, 0x78]),
            .txt(builder.question, "more"),
        ]
        #expect(code { try reply(builder.message) } == .malformedAnswer)
        builder.answers = [Resource(owner: wire(builder.question), type: ResourceType.cname, data: [0, 0])]
        #expect(code { try reply(builder.message) } == .malformedAnswer)
        builder.answers = []
        builder.authorities = [Resource(owner: wire("example"), type: ResourceType.soa, data: [0, 0, 0])]
        #expect(code { try reply(builder.message) } == .malformedAnswer)
    }

    /// Whatever is changed, reading ends with a value or a failure; a crash would end the test run.
    @Test func changedMessagesNeverTrap() async throws {
        var builder = MessageBuilder()
        builder.answers = [.cname(builder.question, "b.example"), .txt("b.example", "v=STSv1; id=1;", "x")]
        builder.authorities = [.soa("example", ttl: 1, minimum: 1), .ns("example", "ns.example")]
        builder.additionals = [Resource(owner: [0], type: ResourceType.opt, data: [])]
        let seeds = [ReplyTests.signed, builder.message]
        var random = SplitMix(state: 8461)
        var outcomes: Set<String> = []
        var counts: Set<Int?> = []
        for round in 0..<20_000 {
            if round.isMultiple(of: 100) { await Task.yield() }  // others have clocks that run
            var message = seeds[round % seeds.count]
            for _ in 0..<(1 + Int(random.next() % 4)) {
                message[Int(random.next() % UInt64(message.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() % 4 == 0 { message.removeLast(Int(random.next() % UInt64(message.count))) }
            counts.formUnion(DNSAnswerReader.recordCounts(in: message.span))
            do {
                outcomes.insert(try reply(message).content.label)
            } catch let failure as DNSFailure {
                outcomes.insert(failure.code.rawValue)
            }
        }
        // The changes reach the reader's ways out.
        #expect(counts.isSuperset(of: [nil, 0, 1]))
        #expect(outcomes.isSuperset(of: ["records", "noData", "noSuchName", "alias", "malformedAnswer", "refused"]))
    }
}

extension Reply.Content {
    fileprivate var label: String {
        switch self {
        case .records: "records"
        case .noSuchName: "noSuchName"
        case .noData: "noData"
        case .alias: "alias"
        }
    }
}

/// Random numbers that are the same in each run (SplitMix64).
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
