// SPDX-License-Identifier: Apache-2.0

import PolicyCache
import STSCore
import STSPolicy
import STSRecord

/// The entries that the writer writes, so that the tests know every octet of them.
enum WriterSample {
    static func domain(_ entry: Int) throws -> DomainName { try DomainName(parsing: "entry-\(entry).example") }

    /// The entry number `entry` as of a generation. Texts have up to 10 KiB: a write takes several pages of the disk.
    static func policy(_ entry: Int, _ generation: Int) throws -> CachedPolicy {
        var text = "version: STSv1\nmode: enforce\nmax_age: 604800\n"
        for line in 0..<(entry * 37 + generation * 11) % 300 + 10 {
            text += "mx: mx\(line).g\(generation).example.com\n"
        }
        return CachedPolicy(
            policy: try STSPolicy(parsing: text),
            recordID: STSRecord.ID("g\(generation)"),
            fetchedAt: UnixTime(secondsSinceEpoch: Int64(generation)),
            lastRequestedAt: UnixTime(secondsSinceEpoch: Int64(entry))
        )
    }

    static func generation(of stored: StoredPolicy) -> Int { Int(stored.policy.fetchedAt.secondsSinceEpoch) }
}
