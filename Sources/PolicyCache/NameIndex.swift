// SPDX-License-Identifier: Apache-2.0

/// Where in a list the entry of a name is: an open hash table of cells of eight octets, a quarter to half full.
///
/// It holds no names: a cell is a tag, 32 bits of the name's hash, over the place in the list and one. Whoever looks a
/// name up compares it with the names of the places that have its tag, of which nearly always there is one at most. The
/// names come from outside, so the hash must be one that nobody outside can foresee.
struct NameIndex {
    /// A power of two of them, or none; 0 is an empty cell.
    private var cells: [UInt64] = []
    private var count = 0

    /// The most places that a cell can tell apart.
    static let maximumPlaces = Int(UInt32.max) - 1

    private static func cell(_ tag: UInt32, _ place: Int) -> UInt64 {
        UInt64(tag) << 32 | UInt64(UInt32(truncatingIfNeeded: place &+ 1))
    }

    /// The place with a tag for which `isSought` holds, or nil.
    @inline(__always)
    func place(of tag: UInt32, where isSought: (Int) -> Bool) -> Int? {
        let cells = cells.span
        guard !cells.isEmpty else { return nil }
        let mask = cells.count &- 1
        var index = Int(tag) & mask
        // At least half of the cells are empty.
        while cells[index] != 0 {
            if UInt32(truncatingIfNeeded: cells[index] >> 32) == tag {
                let place = Int(UInt32(truncatingIfNeeded: cells[index])) &- 1
                if isSought(place) { return place }
            }
            index = (index &+ 1) & mask
        }
        return nil
    }

    /// Adds a place, which is not there yet.
    mutating func insert(_ tag: UInt32, at place: Int) {
        count += 1
        if count * 2 > cells.count { grow() }
        put(Self.cell(tag, place))
    }

    /// Removes a place; nothing happens if it is not there.
    mutating func remove(_ tag: UInt32, at place: Int) {
        guard var hole = index(of: Self.cell(tag, place)) else { return }
        count -= 1
        let mask = cells.count - 1
        var index = hole
        while true {
            index = (index + 1) & mask
            let cell = cells[index]
            guard cell != 0 else { break }
            // A cell may move into the hole unless its own chain begins behind it.
            let home = Int(cell >> 32) & mask
            if (index &- home) & mask >= (index &- hole) & mask {
                cells[hole] = cell
                hole = index
            }
        }
        cells[hole] = 0
    }

    /// Says that what was at one place is now at another.
    mutating func move(_ tag: UInt32, from old: Int, to new: Int) {
        guard let index = index(of: Self.cell(tag, old)) else { return }
        cells[index] = Self.cell(tag, new)
    }

    private func index(of cell: UInt64) -> Int? {
        guard !cells.isEmpty else { return nil }
        let mask = cells.count - 1
        var index = Int(cell >> 32) & mask
        while cells[index] != cell {
            guard cells[index] != 0 else { return nil }
            index = (index + 1) & mask
        }
        return index
    }

    private mutating func put(_ cell: UInt64) {
        let mask = cells.count - 1
        var index = Int(cell >> 32) & mask
        while cells[index] != 0 { index = (index + 1) & mask }
        cells[index] = cell
    }

    private mutating func grow() {
        let old = cells
        cells = [UInt64](repeating: 0, count: max(8, old.count * 2))
        for cell in old where cell != 0 { put(cell) }
    }
}
