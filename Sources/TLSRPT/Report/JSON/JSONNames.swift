// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// Finds two members of one name in an object (RFC 7493 section 2.3), in linear time however many there are.
struct JSONNames {
    /// Up to so many members are compared each with each, without a table, if their names have no escapes.
    private static let few = 16

    /// Tokens of names by their hash, 0 for none; kept between objects for its room.
    private var table: [UInt32] = []

    /// The first name that an object has a second time.
    mutating func firstRepeated(in tokens: [JSONToken], of object: Int, _ octets: Span<UInt8>) -> Int? {
        var count = 0
        var hasEscapes = false
        var name = object + 1
        while name < tokens.count {
            count += 1
            hasEscapes = hasEscapes || tokens[name].hasEscapes
            if count <= Self.few, !hasEscapes {
                var earlier = object + 1
                while earlier < name {
                    if Self.areEqual(tokens[earlier], tokens[name], octets) { return name }
                    earlier = Int(tokens[earlier + 1].next)
                }
            }
            name = Int(tokens[name + 1].next)
        }
        guard count > Self.few || hasEscapes && count > 1 else { return nil }
        return firstRepeatedOfMany(in: tokens, of: object, count: count, octets)
    }

    private mutating func firstRepeatedOfMany(
        in tokens: [JSONToken],
        of object: Int,
        count: Int,
        _ octets: Span<UInt8>
    ) -> Int? {
        var size = 64
        while size < count * 2 { size *= 2 }
        table.removeAll(keepingCapacity: true)
        table.append(contentsOf: repeatElement(0, count: size))
        var name = object + 1
        while name < tokens.count {
            var slot = Self.hash(tokens[name], octets) & (size - 1)
            // A name's token is never the first one, so that 0 is free to mean none.
            while table[slot] != 0 {
                if Self.areEqual(tokens[Int(table[slot])], tokens[name], octets) { return name }
                slot = (slot + 1) & (size - 1)
            }
            table[slot] = UInt32(name)
            name = Int(tokens[name + 1].next)
        }
        return nil
    }

    private static func areEqual(_ first: JSONToken, _ second: JSONToken, _ octets: Span<UInt8>) -> Bool {
        if first.hasEscapes || second.hasEscapes {
            return octets.unescaped(first.content) == octets.unescaped(second.content)
        }
        let (one, other) = (first.content, second.content)
        return octets.equals(
            from: one.lowerBound,
            to: one.upperBound,
            octets,
            from: other.lowerBound,
            to: other.upperBound
        )
    }

    /// A hash that is another in every process, so that no text can be made to collide.
    private static func hash(_ token: JSONToken, _ octets: Span<UInt8>) -> Int {
        guard token.hasEscapes else { return hash(octets, token.content) }
        let unescaped = octets.unescaped(token.content)
        return hash(unescaped.span, 0..<unescaped.count)
    }

    private static func hash(_ octets: Span<UInt8>, _ range: Range<Int>) -> Int {
        var hasher = Hasher()
        hasher.combine(range.count)
        var at = range.lowerBound
        while at < range.upperBound {
            hasher.combine(octets.word(from: at, to: range.upperBound))
            at += 8
        }
        return hasher.finalize()
    }
}
