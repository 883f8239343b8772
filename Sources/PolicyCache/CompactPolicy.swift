// SPDX-License-Identifier: Apache-2.0

package import STSCore
package import STSPolicy
internal import STSRecord

/// A cached policy as memory holds it, in few octets: the policy by reference, since most domains publish one of a few
/// texts, and the id packed. A copy of it costs one reference count.
package struct CompactPolicy: Sendable {
    /// The policy.
    package let policy: STSPolicy
    private let id: PackedID
    /// The wall time at which the fetch began.
    package let fetchedAt: UnixTime
    /// Seconds from the fetch to when a message last asked, held within 68 years.
    private var requestedAfterFetch: Int32 = 0

    /// The same as `entry`, with a policy of the same text that is shared.
    init(_ entry: CachedPolicy, sharing policy: STSPolicy) {
        self.policy = policy
        id = PackedID(entry.recordID)
        fetchedAt = entry.fetchedAt
        lastRequestedAt = entry.lastRequestedAt
    }

    /// The wall time at which a message last asked for the policy.
    package var lastRequestedAt: UnixTime {
        get { fetchedAt.advanced(bySeconds: Int64(requestedAfterFetch)) }
        set {
            let seconds = Int32(clamping: newValue.seconds(since: fetchedAt))
            // Written once a second at most, so that what other threads have of this memory stays good.
            if requestedAfterFetch != seconds { requestedAfterFetch = seconds }
        }
    }

    /// Whether the policy may be applied: see ``CachedPolicy/isFresh(at:)``.
    package func isFresh(at now: UnixTime) -> Bool {
        CachedPolicy.isFresh(maxAge: policy.maxAge, fetchedAt: fetchedAt, at: now)
    }

    /// The same for all others.
    package var cachedPolicy: CachedPolicy {
        CachedPolicy(policy: policy, recordID: id.id, fetchedAt: fetchedAt, lastRequestedAt: lastRequestedAt)
    }
}

/// An id in 24 octets instead of 34: six bits for each of its up to 32 letters and digits, 0 where there is none.
struct PackedID {
    /// Ten characters each; the last two characters are in the upper four bits of all three.
    private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)

    private static let charactersPerWord = 10

    init(_ id: STSRecord.ID?) {
        guard let id else { return }
        for (index, octet) in id.description.utf8.enumerated() { put(Self.code(octet), at: index) }
    }

    /// The id, nil if there is none.
    var id: STSRecord.ID? {
        var octets: [UInt8] = []
        for index in 0..<STSRecord.ID.maximumOctets {
            guard let octet = Self.octet(code(at: index)) else { break }
            octets.append(octet)
        }
        return STSRecord.ID(String(decoding: octets, as: UTF8.self))
    }

    private mutating func put(_ code: UInt64, at index: Int) {
        let (word, place) = index.quotientAndRemainder(dividingBy: Self.charactersPerWord)
        switch word {
        case 0: words.0 |= code << UInt64(place * 6)
        case 1: words.1 |= code << UInt64(place * 6)
        case 2: words.2 |= code << UInt64(place * 6)
        default:
            let bits = code << UInt64(place * 6)
            words.0 |= (bits & 0xF) << 60
            words.1 |= (bits >> 4 & 0xF) << 60
            words.2 |= (bits >> 8 & 0xF) << 60
        }
    }

    private func code(at index: Int) -> UInt64 {
        let (word, place) = index.quotientAndRemainder(dividingBy: Self.charactersPerWord)
        let bits =
            switch word {
            case 0: words.0
            case 1: words.1
            case 2: words.2
            default: words.0 >> 60 | (words.1 >> 60) << 4 | (words.2 >> 60) << 8
            }
        return bits >> UInt64(place * 6) & 0x3F
    }

    /// From 1: digits, upper-case and lower-case letters.
    private static func code(_ octet: UInt8) -> UInt64 {
        switch octet {
        case 0x30...0x39: UInt64(octet) - 0x30 + 1
        case 0x41...0x5A: UInt64(octet) - 0x41 + 11
        // An id holds nothing else; the mask keeps what it cannot hold from a trap.
        default: UInt64(octet & 0x1F) + 36
        }
    }

    private static func octet(_ code: UInt64) -> UInt8? {
        switch code {
        case 1...10: UInt8(code) - 1 + 0x30
        case 11...36: UInt8(code) - 11 + 0x41
        case 37...62: UInt8(code) - 37 + 0x61
        default: nil
        }
    }
}
