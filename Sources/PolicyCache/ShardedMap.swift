// SPDX-License-Identifier: Apache-2.0

package import STSCore
import Synchronization

/// A bounded map by domain name for many threads: shards each behind a lock, and instead of a list in order of use a
/// CLOCK hand with one bit per entry, since a look-up then writes one byte and moves nothing.
package final class ShardedMap<Value: Sendable>: Sendable {
    /// An entry that had to make room, or that found none.
    package typealias Evicted = (domain: DomainName, value: Value)

    // In the map itself: an object for each would be counted with each look-up, by all threads in one place.
    private let shards: InlineArray<16, Shard<Value>>
    private let shardCount: Int
    private let hash = NameHash()

    /// The most entries of weight 1.
    package let capacity: Int

    /// A map. Capacity is split evenly between the shards, 16 at most, each with at least one entry.
    package init(capacity: Int, shards count: Int = 16) {
        let count = max(1, min(count, capacity, 16))
        let each = min(max(1, capacity / count), NameIndex.maximumPlaces)
        self.capacity = each * count
        shardCount = count
        shards = InlineArray { [hash] _ in Shard(capacity: each, hash: hash) }
    }

    /// The number of a name's shard, by the upper half of its hash, and its tag there, which is the lower.
    private func locate(_ domain: DomainName) -> (shard: Int, tag: UInt32) {
        let hash = hash.value(of: domain)
        let number = Int(truncatingIfNeeded: ((hash >> 32) &* UInt64(shardCount)) >> 32)
        return (number, NameHash.tag(hash))
    }

    /// Reads or changes the value of a domain in place and marks it as used; nil if there is none.
    package func withValue<Result>(of domain: DomainName, _ body: (inout Value) -> Result) -> Result? {
        let (shard, tag) = locate(domain)
        return shards[shard].state.withLock { state in
            guard let index = state.place(of: domain, tag) else { return nil }
            // Written only if it changes, so that what other threads have of this memory stays good.
            if !state.slots[index].isReferenced { state.slots[index].isReferenced = true }
            return body(&state.slots[index].value)
        }
    }

    /// The value of a domain, which does not count as used by that.
    package func read(_ domain: DomainName) -> Value? {
        let (shard, tag) = locate(domain)
        return shards[shard].state.withLock { state in state.place(of: domain, tag).map { state.slots[$0].value } }
    }

    /// Sets the value of a domain. Entries of the lowest rank make room, among equals those not used of late; if all
    /// are of a higher rank than the new one, it is the new one that finds no room.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - domain: The domain.
    ///   - weight: The share of the capacity that the value takes, 1 to 255.
    ///   - rank: The order in which values make room, the lowest first: 0 to 3.
    ///   - lastingRank: The rank that the value has as long as it does not fall to 0.
    ///   - isOlder: Whether a value that is there is to be replaced; if not, nothing changes.
    /// - Returns: What made room, with the new value if it found none.
    package func set(
        _ value: Value,
        for domain: DomainName,
        weight: Int = 1,
        rank: (Value) -> Int = { _ in 0 },
        lastingRank: Int = 0,
        ifReplacing isOlder: (Value) -> Bool = { _ in true }
    ) -> [Evicted] {
        let (shard, tag) = locate(domain)
        return shards[shard].state.withLock { state in
            if let index = state.place(of: domain, tag) {
                guard isOlder(state.slots[index].value) else { return [] }
                state.remove(at: index)
            }
            return state.insert(value, for: domain, tag, weight: weight, rank: rank, lastingRank: lastingRank)
        }
    }

    /// Changes the value of a domain in place, which is `initial` if there is none.
    ///
    /// - Returns: What `body` returns, and what made room.
    package func update<Result>(
        _ domain: DomainName,
        initial: Value,
        _ body: (inout Value) -> Result
    ) -> (result: Result, evicted: [Evicted]) {
        let (shard, tag) = locate(domain)
        return shards[shard].state.withLock { state in
            if let index = state.place(of: domain, tag) {
                state.slots[index].isReferenced = true
                return (body(&state.slots[index].value), [])
            }
            var value = initial
            let result = body(&value)
            return (result, state.insert(value, for: domain, tag, weight: 1, rank: { _ in 0 }, lastingRank: 0))
        }
    }

    /// Removes a domain's value if `condition` holds, and gives it.
    @discardableResult
    package func remove(_ domain: DomainName, if condition: (Value) -> Bool = { _ in true }) -> Value? {
        let (shard, tag) = locate(domain)
        return shards[shard].state.withLock { state in
            guard let index = state.place(of: domain, tag), condition(state.slots[index].value) else { return nil }
            return state.remove(at: index).value
        }
    }

    /// The number of entries.
    package var count: Int {
        (0..<shardCount).reduce(0) { sum, shard in sum + shards[shard].state.withLock { $0.slots.count } }
    }

    /// Calls `body` with every entry; each shard is locked in turn.
    package func forEach(_ body: (DomainName, Value) -> Void) {
        for shard in 0..<shardCount {
            shards[shard].state.withLock { state in
                for slot in state.slots { body(slot.domain, slot.value) }
            }
        }
    }
}

/// The hash of names: nobody outside, not knowing seed and multiplier, can make names collide.
private struct NameHash: Sendable {
    private let seed = UInt64.random(in: .min ... .max)
    private let multiplier = UInt64.random(in: .min ... .max) | 1

    func value(of domain: DomainName) -> UInt64 {
        let octets = domain.description.utf8.span
        var mix = seed
        var index = 0
        while index < octets.count {
            let (high, low) = (mix ^ octets.word(from: index, to: octets.count)).multipliedFullWidth(by: multiplier)
            mix = high ^ low
            index &+= 8
        }
        return mix
    }

    /// What the index knows a name by.
    static func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash) }
}

private struct Shard<Value: Sendable>: ~Copyable, Sendable {
    /// In the order that leaves no gaps; the tag of a name is made anew when an entry is moved, which is rare.
    struct Slot {
        let domain: DomainName
        var value: Value
        let weight: UInt8
        let lastingRank: UInt8
        var isReferenced: Bool
    }

    struct State {
        static var leastLookedAt: Int { 64 }

        let capacity: Int
        let hash: NameHash
        var weight = 0
        var index = NameIndex()
        var slots: [Slot] = []
        var hand = 0
        /// How many entries there are of each lasting rank.
        var counts = [0, 0, 0, 0]

        /// The place of a domain's slot, or nil.
        @inline(__always)
        func place(of domain: DomainName, _ tag: UInt32) -> Int? {
            index.place(of: tag) { slots[$0].domain == domain }
        }

        mutating func insert(
            _ value: Value,
            for domain: DomainName,
            _ tag: UInt32,
            weight: Int,
            rank: (Value) -> Int,
            lastingRank: Int
        ) -> [(domain: DomainName, value: Value)] {
            let weight = min(max(1, weight), capacity, Int(UInt8.max))
            var evicted: [(domain: DomainName, value: Value)] = []
            while self.weight + weight > capacity, !slots.isEmpty {
                let victim = victim(rank)
                guard rank(slots[victim].value) <= rank(value) else {
                    evicted.append((domain, value))
                    return evicted
                }
                let removed = remove(at: victim)
                evicted.append((removed.domain, removed.value))
            }
            index.insert(tag, at: slots.count)
            let lastingRank = min(max(0, lastingRank), counts.count - 1)
            // A quarter more at a time: doubled, a big list would have up to half of its memory unused.
            if slots.count == slots.capacity { slots.reserveCapacity(slots.count + slots.count / 4 + 4) }
            slots.append(
                Slot(
                    domain: domain,
                    value: value,
                    weight: UInt8(weight),
                    lastingRank: UInt8(lastingRank),
                    isReferenced: true
                )
            )
            counts[lastingRank] += 1
            self.weight += weight
            return evicted
        }

        @discardableResult
        mutating func remove(at place: Int) -> Slot {
            let removed = slots[place]
            index.remove(NameHash.tag(hash.value(of: removed.domain)), at: place)
            weight -= Int(removed.weight)
            counts[Int(removed.lastingRank)] -= 1
            let last = slots.removeLast()
            if place < slots.count {
                slots[place] = last
                index.move(NameHash.tag(hash.value(of: last.domain)), from: slots.count, to: place)
            }
            return removed
        }

        /// One turn of the hand at most. It stops early at an unused entry of the lowest lasting rank, but not before
        /// some entries were looked at that may have fallen to rank 0.
        mutating func victim(_ rank: (Value) -> Int) -> Int {
            let lowest = (counts.firstIndex { $0 > 0 } ?? 0) * 2
            var best = (index: hand % slots.count, score: Int.max)
            for step in 1...slots.count {
                let index = (hand + step) % slots.count
                let score = rank(slots[index].value) * 2 + (slots[index].isReferenced ? 1 : 0)
                slots[index].isReferenced = false
                if score < best.score { best = (index, score) }
                if score == 0 || step >= Self.leastLookedAt && best.score <= lowest { break }
            }
            // The next turn begins behind the victim, so that the hand goes round all entries.
            hand = best.index
            return best.index
        }
    }

    let state: Lock<State>
    // What two threads write at once is not to be in one line of memory.
    private let room = InlineArray<16, UInt64>(repeating: 0)

    init(capacity: Int, hash: NameHash) {
        state = Lock(State(capacity: capacity, hash: hash))
    }
}
