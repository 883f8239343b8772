// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// The reader of the files of a ``FilePolicyStore``, for fuzzers: whatever the octets are, it returns.
@_spi(Fuzzing)
public enum StoreEntryReader {
    /// The entry that a file of a domain holds, nil if it holds none.
    public static func entry(in octets: [UInt8], domain: DomainName) -> StoredPolicy? {
        if case .entry(let entry) = PolicyFile.decode(octets, domain: domain) { entry } else { nil }
    }

    /// The file of an entry.
    public static func octets(of entry: StoredPolicy) -> [UInt8] {
        PolicyFile.encode(entry.policy, domain: entry.domain, revision: entry.revision.rawValue)
    }
}
