// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// A domain name as messages carry it (RFC 1035 section 3.1), uncompressed and in lower case: each label after its
/// length, the root's 0 at the end. Unlike a `DomainName` it may hold any octet.
struct WireName: Hashable, Sendable {
    /// The most octets a name has in this form (RFC 1035 section 2.3.4).
    static let maximumOctets = 255

    let octets: [UInt8]

    /// The wire form of a name.
    init(_ name: DomainName) {
        var octets: [UInt8] = []
        for label in name.description.utf8.split(separator: 0x2E) {
            octets.append(UInt8(truncatingIfNeeded: label.count))
            octets += label
        }
        octets.append(0)
        self.octets = octets
    }

    /// Reads a name and moves `offset` behind it, following compression pointers (RFC 1035 section 4.1.4).
    ///
    /// A pointer must lead to before the part of the name that holds it, and one name may hold no more pointers than
    /// it can have labels: so reading ends, after a bounded number of steps, whatever the octets are.
    init(reading message: Span<UInt8>, at offset: inout Int) throws(DNSFailure) {
        var octets: [UInt8] = []
        var position = offset
        var partStart = offset
        var pointers = 0
        while true {
            let length = try message.octet(at: position)
            if length & 0xC0 == 0xC0 {
                let target = Int(length & 0x3F) << 8 | Int(try message.octet(at: position + 1))
                if pointers == 0 { offset = position + 2 }
                pointers += 1
                guard target < partStart, pointers < Self.maximumOctets / 2 else {
                    throw DNSFailure(.malformedAnswer, detail: "bad compression pointer at octet \(position)")
                }
                position = target
                partStart = target
                continue
            }
            guard length < 0x40 else {
                throw DNSFailure(.malformedAnswer, detail: "unknown kind of label at octet \(position)")
            }
            let end = position + 1 + Int(length)
            guard end <= message.count, octets.count + 1 + Int(length) <= Self.maximumOctets else {
                throw DNSFailure(.malformedAnswer, detail: "the name at octet \(offset) is too long")
            }
            octets.append(length)
            for index in (position + 1)..<end { octets.append(message[index].asciiLowercasedOctet) }
            position = end
            if length == 0 { break }
        }
        if pointers == 0 { offset = position }
        self.octets = octets
    }

    /// Whether the name is the root.
    var isRoot: Bool { octets.count == 1 }

    /// Whether the name is `other` or below it.
    func isAtOrBelow(_ other: WireName) -> Bool {
        var start = 0
        while octets.count - start >= other.octets.count {
            if octets[start...].elementsEqual(other.octets) { return true }
            start += 1 + Int(octets[start])
        }
        return false
    }

    /// The name as zone files write it (RFC 1035 section 5.1), without the final dot but for the root.
    var text: String {
        if isRoot { return "." }
        var text: [UInt8] = []
        var start = 0
        while start < octets.count, octets[start] != 0 {
            if start > 0 { text.append(0x2E) }
            let end = start + 1 + Int(octets[start])
            for octet in octets[(start + 1)..<end] { Self.append(octet, to: &text) }
            start = end
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ octet: UInt8, to text: inout [UInt8]) {
        switch octet {
        case 0x21...0x7E:
            if [0x22, 0x24, 0x28, 0x29, 0x2E, 0x3B, 0x40, 0x5C].contains(octet) { text.append(0x5C) }
            text.append(octet)
        default:
            text.append(0x5C)
            for divisor: UInt8 in [100, 10, 1] { text.append(0x30 + octet / divisor % 10) }
        }
    }
}

extension UInt8 {
    fileprivate var asciiLowercasedOctet: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}

// What a message holds may lie about its own length: every read goes through these.
extension Span<UInt8> {
    func octet(at offset: Int) throws(DNSFailure) -> UInt8 {
        guard offset >= 0, offset < count else {
            throw DNSFailure(.malformedAnswer, detail: "the message ends at octet \(count)")
        }
        return self[offset]
    }

    func uint16(at offset: Int) throws(DNSFailure) -> UInt16 {
        UInt16(try octet(at: offset)) << 8 | UInt16(try octet(at: offset + 1))
    }

    func uint32(at offset: Int) throws(DNSFailure) -> UInt32 {
        UInt32(try uint16(at: offset)) << 16 | UInt32(try uint16(at: offset + 2))
    }
}
