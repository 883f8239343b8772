// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import STSCore
internal import STSRecord

/// Remembers for a bounded number of domains how their ids changed of late.
final class ChangeHistory: Sendable {
    private struct Change: Sendable {
        let from: STSRecord.ID
        let to: STSRecord.ID
        let at: MonotonicTime
    }

    private static let window = Duration.seconds(3_600)
    private static let changesWithinWindow = 3
    private let changes: ShardedMap<[Change]>

    init(capacity: Int) { changes = ShardedMap(capacity: capacity) }

    /// Notes a change, and says whether the id went back to an earlier one or changed three times within an hour.
    func isFlapping(_ domain: DomainName, from old: STSRecord.ID, to new: STSRecord.ID, now: MonotonicTime) -> Bool {
        changes.update(domain, initial: []) { changes in
            changes.removeAll { now.duration(since: $0.at) > Self.window }
            // A message and a refresh that waited for one fetch each tell of it.
            if let last = changes.last, last.from == old, last.to == new { return false }
            let isReturn = changes.contains { $0.from == new }
            changes.append(Change(from: old, to: new, at: now))
            if changes.count > Self.changesWithinWindow { changes.removeFirst() }
            return isReturn || changes.count >= Self.changesWithinWindow
        }.result
    }
}
