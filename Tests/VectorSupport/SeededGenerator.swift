// SPDX-License-Identifier: Apache-2.0

/// A deterministic generator (SplitMix64): one seed always gives the same inputs. A failing test prints its seed.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator that begins at a seed.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

extension SeededGenerator {
    /// A number below `bound`, which is above 0.
    public mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// True once in `times` calls.
    public mutating func once(in times: Int) -> Bool { below(times) == 0 }

    /// One of a list that is not empty.
    public mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }

    /// Any octets, fewer than `bound`.
    public mutating func octets(below bound: Int) -> [UInt8] {
        (0..<below(bound)).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Up to `bound` words of a grammar's alphabet, one after the other.
    public mutating func sentence(of words: [[UInt8]], below bound: Int) -> [UInt8] {
        var octets: [UInt8] = []
        for _ in 0..<below(bound) { octets += pick(words) }
        return octets
    }

    /// Octets at the edges of the grammars' classes.
    private static let edges: [UInt8] = [
        0x00, 0x09, 0x0A, 0x0D, 0x20, 0x2A, 0x2D, 0x2E, 0x3A, 0x3B, 0x3D, 0x5F, 0x7F, 0x80, 0xC2, 0xFF,
    ]

    /// The octets with one to three small changes: one replaced, removed, doubled, inserted, or the end cut off.
    public mutating func mutation(of original: [UInt8]) -> [UInt8] {
        var octets = original
        for _ in 0...below(3) {
            let place = below(octets.count + 1)
            let octet = once(in: 2) ? pick(Self.edges) : UInt8(truncatingIfNeeded: next())
            switch below(5) {
            case 0 where place < octets.count: octets[place] = octet
            case 1 where place < octets.count: octets.remove(at: place)
            case 2 where place < octets.count: octets.insert(octets[place], at: place)
            case 3 where once(in: 4): octets.removeSubrange(place...)
            default: octets.insert(octet, at: place)
            }
        }
        return octets
    }
}
