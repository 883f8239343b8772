// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PolicyCache

struct NameIndexTests {
    /// Names of few tags meet in long chains that wrap round the end of the table.
    @Test(arguments: [UInt32(1), 4, 0x1_0000, .max])
    func worksAsADictionaryDoes(tags: UInt32) {
        var random = SplitMix(state: UInt64(tags))
        var index = NameIndex()
        var tagOfPlace: [Int: UInt32] = [:]
        func check(_ place: Int, _ tag: UInt32) {
            #expect(index.place(of: tag) { $0 == place } == (tagOfPlace[place] == tag ? place : nil))
        }
        for _ in 0..<4_000 {
            let place = Int(random.next() % 300)
            // The high tags have their home at the end of the table.
            let tag = UInt32.max - UInt32(random.next() % UInt64(tags))
            switch (random.next() % 3, tagOfPlace[place]) {
            case (0, let known?):
                index.remove(known, at: place)
                tagOfPlace[place] = nil
            case (1, let known?):
                let free = 300 + Int(random.next() % 100_000)
                guard tagOfPlace[free] == nil else { continue }
                index.move(known, from: place, to: free)
                tagOfPlace[place] = nil
                tagOfPlace[free] = known
            case (_, nil):
                index.insert(tag, at: place)
                tagOfPlace[place] = tag
            default:
                index.remove(tag &- tags, at: place)
            }
            check(place, tag)
        }
        for (place, tag) in tagOfPlace { check(place, tag) }
        for (place, tag) in tagOfPlace { index.remove(tag, at: place) }
        for (place, tag) in tagOfPlace { #expect(index.place(of: tag) { $0 == place } == nil) }
    }
}

private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
