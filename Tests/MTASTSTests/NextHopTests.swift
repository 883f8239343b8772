// SPDX-License-Identifier: Apache-2.0

import MTASTS
import RequirementTrait
import Testing

@Suite("Next hop and policy domain")
struct NextHopTests {
    @Test(
        "The policy domain of a recipient's domain is that domain alone",
        .proves("R-DISC-01", "R-DISC-06", "R-DISC-07"),
        arguments: [
            ("example.com", "example.com"),
            ("mail.example.com", "mail.example.com"),
            ("MAIL.Example.COM", "mail.example.com"),
            ("example.com.", "example.com"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example.", "xn--bcher-kva.example"),
            ("a_b.example.com", "a_b.example.com"),
            ("4.example", "4.example"),
            ("ipv6.example", "ipv6.example"),
        ]
    )
    func policyDomain(text: String, expected: String) throws {
        let hop = try NextHop(recipientDomain: text)
        #expect(hop == .domain(try DomainName(parsing: expected)))
        #expect(hop.policyDomain?.description == expected)
        #expect(hop.policyDomain?.stsRecordName?.description == "_mta-sts.\(expected)")
        #expect(hop.policyDomain?.policyHost?.description == "mta-sts.\(expected)")
    }

    @Test(
        "An address literal has no policy domain",
        .proves("R-DISC-04"),
        arguments: [
            "[192.0.2.1]", "192.0.2.1", "[IPv6:2001:db8::1]", "[ipv6:2001:DB8::1]", "[IPV6:::1]", "[2001:db8::1]",
            "2001:db8::1", "[IPv6:::ffff:192.0.2.1]", "::", "[127.0.0.1]", "[x400:c=us]",
            "[tag-1:a.b!c]",
        ]
    )
    func addressLiterals(text: String) throws {
        let hop = try NextHop(recipientDomain: text)
        #expect(hop == .addressLiteral)
        #expect(hop.policyDomain == nil)
    }

    @Test(
        "What is neither a name nor an address is refused",
        .proves("R-DISC-08"),
        arguments: [
            ("", DomainName.ParseError.Code.empty), (".", .empty), ("..", .emptyLabel), (".example", .emptyLabel),
            ("a..example", .emptyLabel), ("example.com..", .emptyLabel), ("-a.example", .hyphenAtEdge),
            ("a-.example", .hyphenAtEdge), ("a b.example", .forbiddenOctet), ("a/b.example", .forbiddenOctet),
            ("a\u{0}.example", .forbiddenOctet), ("a\n.example", .forbiddenOctet), ("b\u{FC}cher.example", .notASCII),
            ("[192.0.2.1", .ipAddress), ("[192.0.2.256]", .ipAddress), ("[example.com]", .ipAddress),
            ("[]", .ipAddress), ("[", .ipAddress), ("1.2.3", .ipAddress), ("1.2.3.4.5", .ipAddress),
            ("192.0.2.01", .ipAddress), ("0x7f000001", .ipAddress), ("example.com:25", .ipAddress),
            ("[IPv6:x]", .ipAddress), ("[tag-:x]", .ipAddress), ("[tag:]", .ipAddress), ("[:x]", .ipAddress),
            ("[tag:a b]", .ipAddress), ("[tag:a[b]", .ipAddress), ("2001:db8::1::2", .ipAddress),
            ("192.0.2.1.", .ipAddress), ("*.example.com", .forbiddenOctet),
        ]
    )
    func refused(text: String, code: DomainName.ParseError.Code) {
        let error = #expect(throws: DomainName.ParseError.self) { try NextHop(recipientDomain: text) }
        #expect(error?.code == code)
    }

    @Test("A smart host by name is the policy domain itself", .proves("R-DISC-02", "R-APPLY-15"))
    func smartHost() throws {
        let relay = try DomainName(parsing: "Relay.Example.net.")
        #expect(NextHop.smartHost(relay).policyDomain?.description == "relay.example.net")
    }

    @Test("A name of a single label, and local delivery, have no policy domain")
    func singleLabel() throws {
        #expect(try NextHop(recipientDomain: "localhost").policyDomain == nil)
        #expect(try NextHop(recipientDomain: "com.").policyDomain == nil)
        #expect(NextHop.smartHost(try DomainName(parsing: "mailhub")).policyDomain == nil)
        #expect(NextHop.local.policyDomain == nil)
        #expect(NextHop.addressLiteral.policyDomain == nil)
    }

    /// A name of exactly `octets` octets.
    private func name(octets: Int) throws -> DomainName {
        var labels: [String] = []
        var left = octets
        while left > 63 {
            labels.append(String(repeating: "a", count: 60))
            left -= 61
        }
        labels.append(String(repeating: "b", count: left))
        let name = try DomainName(parsing: labels.joined(separator: "."))
        #expect(name.description.utf8.count == octets)
        return name
    }

    @Test("Names too long once prefixed are found out", .proves("R-DISC-09"))
    func longNames() throws {
        // 253 octets less `_mta-sts.` (9) and `mta-sts.` (8).
        #expect(try name(octets: 244).stsRecordName?.description.utf8.count == 253)
        #expect(try name(octets: 245).stsRecordName == nil)
        #expect(try name(octets: 245).policyHost?.description.utf8.count == 253)
        #expect(try name(octets: 246).policyHost == nil)
        #expect(NextHop.domain(try name(octets: 253)).policyDomain != nil)
        #expect(throws: DomainName.ParseError.self) {
            try NextHop(recipientDomain: String(repeating: "abc.", count: 63) + "de")
        }
        #expect(throws: DomainName.ParseError.self) {
            try NextHop(recipientDomain: String(repeating: "a", count: 64) + ".example")
        }
    }
}
