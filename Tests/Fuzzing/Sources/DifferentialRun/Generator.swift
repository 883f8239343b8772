// SPDX-License-Identifier: Apache-2.0

/// SplitMix64: the same inputs for one seed, on every machine.
struct Generator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}

/// Texts of a kind: mostly within its grammar, then changed in none to a few places.
struct Grammar {
    /// What a text begins with: of these one.
    let heads: [String]
    /// What stands between fields, and what hardly may.
    let separators: [String]
    let badSeparators: [String]
    /// Whole fields, or parts that are put together by `joints`.
    let fields: [String]
    /// Fields that are outside the grammar, or hurt the rules.
    let badFields: [String]
    let names: [String]
    let joints: [String]
    let values: [String]
    /// What changes put in.
    let fragments: [String]

    func text(_ random: inout Generator) -> [UInt8] {
        var text = random.chance(98) ? random.pick(heads) : random.pick(fragments)
        for _ in 0..<random.below(6) {
            text += random.pick(random.chance(96) ? separators : badSeparators)
            text +=
                random.chance(85)
                ? random.pick(random.chance(93) ? fields : badFields)
                : random.pick(names) + random.pick(joints) + random.pick(values)
        }
        if random.chance(50) { text += random.pick(separators) }
        var octets = Array(text.utf8)
        while random.chance(30), !octets.isEmpty { change(&octets, &random) }
        return octets
    }

    private func change(_ octets: inout [UInt8], _ random: inout Generator) {
        let place = random.below(octets.count)
        switch random.below(5) {
        case 0: octets.remove(at: place)
        case 1: octets[place] = UInt8(random.below(256))
        case 2: octets.insert(contentsOf: random.pick(fragments).utf8, at: place)
        case 3:
            let end = place + random.below(octets.count - place) + 1
            octets.insert(contentsOf: octets[place..<end].prefix(80), at: random.below(octets.count))
        default: octets.removeSubrange(place..<min(octets.count, place + 1 + random.below(8)))
        }
    }
}
