// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS

extension Workload {
    /// The file store, in the folder that the environment variable `MTASTS_BENCHMARK_FOLDER` names. By default that is
    /// in memory (`/dev/shm`), so that the store is measured and not the disk.
    static func storing() -> [Workload] {
        [1_000, 100_000, 1_000_000].flatMap { size in
            let level: Level = size > 100_000 ? .large : .timed
            return [
                Workload("file store, get", size, "entries", level, batch: 100) {
                    let filled = try await FilledStore.Last.shared.store(size)
                    return { count in
                        var sum = 0
                        for number in 0..<count {
                            let domain = filled.domains[(number &* 7_919) % size]
                            sum &+= try await filled.store.entry(for: domain) == nil ? 0 : 1
                        }
                        return sum
                    }
                },
                Workload("file store, put", size, "entries", level, batch: 20) {
                    let filled = try await FilledStore.Last.shared.store(size)
                    return { count in
                        var sum = 0
                        for number in 0..<count {
                            let domain = filled.domains[(number &* 7_919) % size]
                            let known = try await filled.store.entry(for: domain)
                            let isPut = try await filled.store.put(
                                filled.policy,
                                for: domain,
                                replacing: known?.revision
                            )
                            sum &+= isPut ? 1 : 0
                        }
                        return sum
                    }
                },
            ]
        }
    }
}

/// A file store with an entry for each of a number of domains. Its folder goes with it.
final class FilledStore: Sendable {
    let store: FilePolicyStore
    let domains: [DomainName]
    let policy: CachedPolicy
    private let folder: String

    private init(_ count: Int) async throws {
        let process = ProcessInfo.processInfo
        let parent = process.environment["MTASTS_BENCHMARK_FOLDER"] ?? "/dev/shm"
        folder = "\(parent)/mta-sts-benchmark-\(process.processIdentifier)-\(count)"
        let store = try FilePolicyStore(directory: folder)
        let domains = try Population(count).domains
        let policy = CachedPolicy(
            policy: try STSPolicy(parsing: Workload.policyText(4)),
            recordID: STSRecord.ID("1"),
            fetchedAt: UnixTime(secondsSinceEpoch: 1_767_225_600)
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<8 {
                group.addTask {
                    for number in stride(from: lane, to: count, by: 8) {
                        _ = try await store.put(policy, for: domains[number], replacing: nil)
                    }
                }
            }
            try await group.waitForAll()
        }
        self.store = store
        self.domains = domains
        self.policy = policy
    }

    /// Takes the folder away.
    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    actor Last {
        static let shared = Last()
        private var last: (count: Int, store: FilledStore)?

        func store(_ count: Int) async throws -> FilledStore {
            if let last, last.count == count { return last.store }
            last?.store.remove()
            let store = try await FilledStore(count)
            last = (count, store)
            return store
        }

        func clear() {
            last?.store.remove()
            last = nil
        }
    }
}

/// Takes away what workloads left on the disk.
public func removeLeftovers() async { await FilledStore.Last.shared.clear() }
