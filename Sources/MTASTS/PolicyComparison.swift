// SPDX-License-Identifier: Apache-2.0

internal import MXPattern
internal import STSPolicy
public import STSRecord

extension STSPolicy.Mode {
    /// How much a mode protects.
    var strength: Int {
        switch self {
        case .none: 0
        case .testing: 1
        case .enforce: 2
        }
    }
}

extension STSPolicy {
    /// Whether the policy lets in hosts that `other` does not: it has a pattern that none of the other's covers.
    func isWider(than other: STSPolicy) -> Bool {
        // A set, since each of two policies may have thousands of patterns.
        let known = Set(other.mx.lazy.filter { !$0.isInert }.map(\.canonical))
        return mx.contains { pattern in
            if pattern.isInert || known.contains(pattern.canonical) { return false }
            // A wildcard is covered only by itself, a host name also by the wildcard over it.
            guard !pattern.isWildcard, let dot = pattern.canonical.utf8.firstIndex(of: 0x2E) else { return true }
            return !known.contains("*" + pattern.canonical[dot...])
        }
    }

    /// An id for this policy's record, derived from what the policy means: the same policy has the same id everywhere,
    /// any change gives another. It is a good choice for a publisher who has no better one.
    public var contentID: STSRecord.ID { STSRecord.ID(hashing: Array(description.utf8)) }
}
