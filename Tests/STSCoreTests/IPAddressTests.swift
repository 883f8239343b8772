// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import Testing

@Suite("IP addresses")
struct IPAddressTests {
    @Test(
        "Text to address and back to the canonical text (RFC 5952)",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::A", "2001:db8::a"),
            ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),  // a single zero group is not shortened
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),  // the longest run
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),  // the first of equals
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("0:0:0:0:0:0:0:0", "::"), ("0:0:1::", "0:0:1::"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
            ("0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1"), ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ]
    )
    func parseAndPrint(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
        #expect(IPAddress(octets: address.octets) == address)
    }

    @Test(
        "What is no address",
        arguments: [
            "", ".", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.256", "1.2.3.1000", "01.2.3.4",
            "1.2.3.00", "1.2.3.-4", "+1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "0x7f.0.0.1", "1.2.3.\u{0664}", ":", ":::",
            "1:::2", "1::2::3", "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
            "1:2:3:4::5:6:7:8", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "12345::", "g::", "::g", "+1::", "::-1",
            "fe80::1%1",
            "[::1]", "::1.2.3", "::1.2.3.4:5", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "::01.2.3.4", "::1.2.3.256",
            "::1 ", "example.com",
        ]
    )
    func noAddress(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("Only 4 or 16 octets are an address", arguments: [0, 1, 3, 5, 8, 15, 17, 32])
    func octetCount(count: Int) {
        #expect(IPAddress(octets: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test("A long text is refused at once")
    func longText() {
        #expect(IPAddress(String(repeating: "1:", count: 100_000)) == nil)
        #expect(IPAddress(String(repeating: ":", count: 100_000)) == nil)
        #expect(IPAddress(String(repeating: "1.", count: 100_000)) == nil)
        #expect(IPAddress(String(repeating: "1", count: 100_000)) == nil)
    }

    /// The ranges that the IANA registries do not call globally reachable: last public address before, first of the
    /// range, last of it, first public address after. Empty where the neighbour is special as well.
    static let boundaries: [(String, String, String, String)] = [
        ("", "0.0.0.0", "0.255.255.255", "1.0.0.0"),
        ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        ("100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"),
        ("126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"),
        ("169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"),
        ("172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"),
        ("191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"),
        ("192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"),
        ("192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"),
        ("192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"),
        ("198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"),
        ("198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"),
        ("203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"),
        ("223.255.255.255", "224.0.0.0", "255.255.255.255", ""),
        ("", "::", "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", "64:ff9b::808:808"),
        ("", "64:ff9b:0:0:0:1::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"),
        ("2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001::", "2001:1ff:ffff::", "2001:200::"),
        ("2001:db7:ffff::", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
        ("2002:c0a7:ffff::", "2002:c0a8::", "2002:c0a8:ffff:ffff::1", "2002:c0a9::"),
        ("3ffe:ffff::", "3fff::", "3fff:fff:ffff::", "3fff:1000::"),
        ("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
    ]

    @Test("Both ends of every special range, and their neighbours", .proves("R-FETCH-25"), arguments: boundaries)
    func specialRanges(before: String, first: String, last: String, after: String) throws {
        for text in [first, last] { #expect(try #require(IPAddress(text)).isPublic == false, "\(text)") }
        for text in [before, after] where !text.isEmpty {
            #expect(try #require(IPAddress(text)).isPublic, "\(text)")
        }
    }

    @Test(
        "Well-known addresses that are not public",
        .proves("R-FETCH-25"),
        arguments: [
            "127.0.0.1", "169.254.169.254", "100.100.100.200", "192.0.0.192", "::1", "::", "fe80::1", "fc00::1",
            "fd00:ec2::254", "fdff::1", "ff02::1", "fec0::1", "::127.0.0.1", "100::1", "64:ff9b:1::1", "2001::1",
            "2001:10::1", "2001:20::1", "5f00::1",
        ]
    )
    func notPublic(text: String) throws {
        #expect(try #require(IPAddress(text)).isPublic == false)
    }

    @Test(
        "Public addresses",
        arguments: ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1", "2400::1", "223.255.255.1"]
    )
    func isPublic(text: String) throws {
        #expect(try #require(IPAddress(text)).isPublic)
    }

    @Test(
        "IPv6 forms that carry an IPv4 address are judged by it",
        arguments: ["10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.1.1", "8.8.8.8", "93.184.215.14"]
    )
    func carriers(text: String) throws {
        let inner = try #require(IPAddress(text))
        let group = { (index: Int) in
            String(UInt16(inner.octets[index]) << 8 | UInt16(inner.octets[index + 1]), radix: 16)
        }
        let mapped = try #require(IPAddress("::ffff:\(text)"))
        #expect(mapped == inner)
        for carrier in ["64:ff9b::\(text)", "2002:\(group(0)):\(group(2))::1"] {
            #expect(try #require(IPAddress(carrier)).isPublic == inner.isPublic, "\(carrier)")
        }
        // Compatible addresses (RFC 4291 section 2.5.5.1) are out of use.
        #expect(try #require(IPAddress("::\(text)")).isPublic == false)
    }
}
