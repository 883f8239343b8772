// SPDX-License-Identifier: Apache-2.0

import MTASTS
import RequirementTrait
import Testing

@testable import MTASTSSystemDNS

struct QueryTests {
    @Test(.proves("R-DISC-06")) func theMessageAsksForRecursionAndTheADBitWithEDNS() throws {
        let name = try #require(DomainName("_mta-sts.a.example"))
        let query = Query(name: WireName(name), type: ResourceType.txt, id: 0xBEEF)
        let expected = """
            beef 0120 0001 0000 0000 0001
            085f6d74612d737473 0161 076578616d706c65 00 0010 0001
            00 0029 04d0 00000000 0000
            """
        #expect(query.message == octets(hex: expected))
        #expect(query.questionOctets == 24)
    }

    @Test func idsDiffer() throws {
        let name = WireName(try #require(DomainName("a.example")))
        let ids = Set((0..<100).map { _ in Query(name: name, type: 16).message[..<2] })
        #expect(ids.count > 90)
    }

    @Test func aNameOfAnyOctetsHasAText() throws {
        var position = 0
        let name = try WireName(reading: [3, 0x41, 0, 0x22, 1, 0x5C, 0].span, at: &position)
        #expect(name.text == "a\\000\\\".\\\\")
        position = 0
        #expect(try WireName(reading: [0].span, at: &position).text == ".")
    }

    @Test(arguments: [
        ("a.b.example", "b.example", true), ("b.example", "b.example", true), ("b.example", "a.b.example", false),
        ("ab.example", "b.example", false), ("b.example", ".", true), ("b.example", "c.example", false),
    ])
    func tellsWhatIsBelow(lower: String, upper: String, isBelow: Bool) throws {
        var position = 0
        let lower = try WireName(reading: wire(lower).span, at: &position)
        position = 0
        let upper = try WireName(reading: wire(upper).span, at: &position)
        #expect(lower.isAtOrBelow(upper) == isBelow)
    }
}

struct ServerTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1:53"), ("192.0.2.1:5300", "192.0.2.1:5300"),
        ("[2001:db8::1]:5300", "[2001:db8::1]:5300"),
        ("2001:db8::1", "[2001:db8::1]:53"), ("[192.0.2.1]:1", "192.0.2.1:1"),
    ])
    func reads(text: String, canonical: String) throws {
        #expect(try SystemDNS.Server(parsing: text).description == canonical)
    }

    @Test(arguments: [
        "", "localhost", "ns.example:53", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:+53", "[::1]",
        "[::1]:", "[::1:53", "192.0.2.256", ":53", "192.0.2.1:000053",
    ])
    func refuses(text: String) {
        #expect(throws: SystemDNS.Server.ParseError(text: text)) { try SystemDNS.Server(parsing: text) }
    }
}
