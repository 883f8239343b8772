// SPDX-License-Identifier: Apache-2.0

/// Walks over DER elements; anything out of order ends the walk.
struct DERReader {
    /// The tags that the readers of certificates need.
    enum Tag: UInt8 {
        case boolean = 0x01
        case integer = 0x02
        case octetString = 0x04
        case objectIdentifier = 0x06
        case utcTime = 0x17
        case generalizedTime = 0x18
        case sequence = 0x30
        case dnsName = 0x82
        case version = 0xA0
        case extensions = 0xA3
        case other = 0x00
    }

    private var rest: ArraySlice<UInt8>

    init(_ octets: ArraySlice<UInt8>) { rest = octets }

    /// The content of the next element if it has this tag; else nothing is consumed.
    mutating func next(_ tag: Tag) -> ArraySlice<UInt8>? {
        guard rest.first == tag.rawValue else { return nil }
        return next()?.content
    }

    /// The next element, nil at the end or if it is malformed.
    mutating func next() -> (tag: Tag, content: ArraySlice<UInt8>)? {
        guard let first = rest.first, rest.count >= 2 else { return nil }
        var cursor = rest.dropFirst()
        guard let length = Self.length(&cursor), length <= cursor.count else {
            rest = []
            return nil
        }
        rest = cursor.dropFirst(length)
        return (Tag(rawValue: first) ?? .other, cursor.prefix(length))
    }

    private static func length(_ cursor: inout ArraySlice<UInt8>) -> Int? {
        guard let first = cursor.popFirst() else { return nil }
        if first < 0x80 { return Int(first) }
        let count = Int(first & 0x7F)
        guard (1...3).contains(count), cursor.count >= count else { return nil }
        var value = 0
        for octet in cursor.prefix(count) { value = value << 8 | Int(octet) }
        cursor = cursor.dropFirst(count)
        return value
    }
}
