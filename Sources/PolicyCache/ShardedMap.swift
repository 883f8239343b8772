// SPDX-License-Identifier: Apache-2.0

package import STSCore
import Synchronization

/// A bounded map by domain name for many threads: shards each behind a lock, and instead of a list in order of use a
/// CLOCK hand with one bit per entry, since a look-up then writes one byte and moves nothing.
package final class ShardedMap<Value: Sendable>: Sendable {
    /// An entry that had to make room.
    package typealias Evicted = (domain: DomainName, value: Value)

    private let shards: [Shard<Value>]

    /// The most entries.
    package let capacity: Int

    /// A map. Capacity is split evenly between the shards, each with at least one entry.
    package init(capacity: Int, shards count: Int = 16) {
        let count = max(1, min(count, capacity))
        let each = max(1, capacity / count)
        self.capacity = each * count
        self.shards = (0..<count).map { _ in Shard(capacity: each) }
    }

    private func shard(of domain: DomainName) -> Shard<Value> {
        // Only to spread the locks: cheap, and the map inside hashes in full. All of the name counts, since the names
        // of one provider begin alike, and the high half, which every octet reaches.
        var mix: UInt64 = 0xcbf2_9ce4_8422_2325
        for octet in domain.description.utf8 { mix = (mix ^ UInt64(octet)) &* 0x0000_0100_0000_01b3 }
        return shards[Int(mix >> 33) % shards.count]
    }

    /// Reads or changes the value of a domain in place and marks it as used; nil if there is none.
    package func withValue<Result>(of domain: DomainName, _ body: (inout Value) -> Result) -> Result? {
        shard(of: domain).state.withLock { state in
            guard let index = state.indices[domain] else { return nil }
            state.slots[index].isReferenced = true
            return body(&state.slots[index].value)
        }
    }

    /// The value of a domain, which does not count as used by that.
    package func read(_ domain: DomainName) -> Value? {
        shard(of: domain).state.withLock { state in state.indices[domain].map { state.slots[$0].value } }
    }

    /// Sets the value of a domain. If its shard is full, the entry of the lowest rank makes room, among equals one
    /// that was not used of late.
    package func set(_ value: Value, for domain: DomainName, rank: (Value) -> Int) -> Evicted? {
        shard(of: domain).state.withLock { $0.set(value, for: domain, rank: rank) }
    }

    /// Removes a domain's value if `condition` holds, and gives it.
    @discardableResult
    package func remove(_ domain: DomainName, if condition: (Value) -> Bool = { _ in true }) -> Value? {
        shard(of: domain).state.withLock { state in
            guard let index = state.indices[domain], condition(state.slots[index].value) else { return nil }
            return state.remove(at: index)
        }
    }

    /// The number of entries.
    package var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.state.withLock { $0.slots.count } }
    }

    /// Calls `body` with every entry; each shard is locked in turn.
    package func forEach(_ body: (DomainName, Value) -> Void) {
        for shard in shards {
            shard.state.withLock { state in
                for slot in state.slots { body(slot.domain, slot.value) }
            }
        }
    }
}

private final class Shard<Value: Sendable>: Sendable {
    struct Slot {
        let domain: DomainName
        var value: Value
        var isReferenced: Bool
    }

    struct State {
        let capacity: Int
        var indices: [DomainName: Int] = [:]
        var slots: [Slot] = []
        var hand = 0

        mutating func set(_ value: Value, for domain: DomainName, rank: (Value) -> Int) -> (DomainName, Value)? {
            if let index = indices[domain] {
                slots[index].value = value
                slots[index].isReferenced = true
                return nil
            }
            var evicted: (DomainName, Value)?
            if slots.count >= capacity {
                let victim = victim(rank)
                evicted = (slots[victim].domain, slots[victim].value)
                remove(at: victim)
            }
            indices[domain] = slots.count
            slots.append(Slot(domain: domain, value: value, isReferenced: true))
            return evicted
        }

        @discardableResult
        mutating func remove(at index: Int) -> Value {
            let removed = slots[index]
            indices[removed.domain] = nil
            let last = slots.removeLast()
            if index < slots.count {
                slots[index] = last
                indices[last.domain] = index
            }
            return removed.value
        }

        /// One turn of the hand at most; it stops early at an unused entry of the lowest rank there is.
        mutating func victim(_ rank: (Value) -> Int) -> Int {
            var best = (index: hand % slots.count, score: Int.max)
            for _ in 0..<slots.count {
                hand = (hand + 1) % slots.count
                let score = rank(slots[hand].value) * 2 + (slots[hand].isReferenced ? 1 : 0)
                slots[hand].isReferenced = false
                if score < best.score { best = (hand, score) }
                if score == 0 { break }
            }
            return best.index
        }
    }

    let state: Mutex<State>

    init(capacity: Int) {
        state = Mutex(State(capacity: capacity))
    }
}
