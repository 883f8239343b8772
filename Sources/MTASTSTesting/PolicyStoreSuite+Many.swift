// SPDX-License-Identifier: Apache-2.0

internal import MTASTS
internal import PolicyCache

// Pages.
extension PolicyStoreSuite {
    static func pagesOfNothing(_ check: inout StoreCheck) async throws {
        let entries = try await check.pages(of: 10)
        check.expect(entries.isEmpty, "\(entries.count) entries in an empty store")
    }

    static func pagesComplete(_ check: inout StoreCheck) async throws {
        let domains = try StoreSample.domains(40)
        for (number, domain) in domains.enumerated() {
            try await check.insert(try StoreSample.policy(number), for: domain)
        }
        for limit in [1, 2, 7, 39, 40, 41, 100_000, Int.max] {
            let entries = try await check.pages(of: limit)
            let found = Dictionary(grouping: entries, by: \.domain)
            for (number, domain) in domains.enumerated() {
                let times = found[domain]?.count ?? 0
                check.expect(times == 1, "pages of \(limit) give \(domain) \(times) times")
                guard let entry = found[domain]?.first else { continue }
                check.compare(entry, with: try StoreSample.policy(number), of: domain)
                let alone = try await check.store.entry(for: domain)
                check.expect(alone?.revision == entry.revision, "a page gives \(domain) another revision")
            }
            check.expect(found.count == domains.count, "pages of \(limit) give \(found.count) domains")
        }
    }

    static func pagesWhileWritten(_ check: inout StoreCheck) async throws {
        let store = check.store
        let domains = try StoreSample.domains(40)
        for (number, domain) in domains.enumerated() {
            try await check.insert(try StoreSample.policy(number), for: domain)
        }
        for limit in [1, 2, 7] {
            let entries = try await check.pages(of: limit) { number in
                // Between two pages one entry is replaced, one comes and one goes; the 40 are there all the time.
                let domain = domains[number * 7 % domains.count]
                let old = try await store.entry(for: domain)?.revision
                _ = try await store.put(try StoreSample.policy(1_000 + number), for: domain, replacing: old)
                let guest = try StoreSample.domain("guest-\(limit)-\(number).example")
                _ = try await store.put(try StoreSample.policy(number), for: guest, replacing: nil)
                let leaving = try StoreSample.domain("guest-\(limit)-\(number - 2).example")
                if let revision = try await store.entry(for: leaving)?.revision {
                    _ = try await store.remove(leaving, revision: revision)
                }
            }
            let found = Dictionary(grouping: entries, by: \.domain)
            for domain in domains {
                let times = found[domain]?.count ?? 0
                check.expect(times == 1, "pages of \(limit) with writes between give \(domain) \(times) times")
            }
        }
    }
}

// Many tasks at once.
extension PolicyStoreSuite {
    private static let taskCount = 8

    /// Runs `body` in several tasks at once and counts those in which it gives true.
    private static func winners(_ body: @escaping @Sendable (Int) async throws -> Bool) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<taskCount { group.addTask { try await body(number) } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    static func oneInsertWins(_ check: inout StoreCheck) async throws {
        let store = check.store
        for domain in try StoreSample.domains(8) {
            let count = try await winners { number in
                try await store.put(try StoreSample.policy(number), for: domain, replacing: nil)
            }
            check.expect(count == 1, "\(count) of \(taskCount) tasks inserted \(domain)")
        }
    }

    static func oneReplacementWins(_ check: inout StoreCheck) async throws {
        let store = check.store
        let domain = try StoreSample.domain("example.com")
        try await check.insert(try StoreSample.policy(0), for: domain)
        for round in 1...8 {
            guard let revision = try await store.entry(for: domain)?.revision else {
                return check.violate("no entry in round \(round)")
            }
            let count = try await winners { number in
                try await store.put(try StoreSample.policy(round * 100 + number), for: domain, replacing: revision)
            }
            check.expect(count == 1, "\(count) of \(taskCount) tasks replaced one revision")
        }
    }

    static func oneRemovalWins(_ check: inout StoreCheck) async throws {
        let store = check.store
        for domain in try StoreSample.domains(8) {
            try await check.insert(try StoreSample.policy(0), for: domain)
            guard let revision = try await store.entry(for: domain)?.revision else {
                return check.violate("no entry after put")
            }
            // Half of the tasks replace, half remove: one of all wins.
            let count = try await winners { number in
                if number.isMultiple(of: 2) { return try await store.remove(domain, revision: revision) }
                return try await store.put(try StoreSample.policy(number), for: domain, replacing: revision)
            }
            check.expect(count == 1, "\(count) of \(taskCount) tasks removed or replaced one revision")
        }
    }

    static func noWriteIsLost(_ check: inout StoreCheck) async throws {
        let store = check.store
        let domain = try StoreSample.domain("counter.example")
        let steps = 8
        let start = try StoreSample.policy(0)
        try await check.insert(start, for: domain)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<taskCount {
                group.addTask { for _ in 0..<steps { try await increment(domain, in: store) } }
            }
            try await group.waitForAll()
        }
        let end = try await store.entry(for: domain)?.policy.fetchedAt
        let count = end.map { $0.seconds(since: start.fetchedAt) } ?? 0
        check.expect(count == taskCount * steps, "a counter stands at \(count) after \(taskCount * steps) steps")
    }
}

/// Adds a second to the time of fetch by compare-and-set.
private func increment(_ domain: DomainName, in store: any PolicyStore) async throws {
    // Each loss is another task's win; a store that always refuses must come to an end too.
    for _ in 0..<10_000 {
        guard let old = try await store.entry(for: domain) else { throw CounterFailure.lost }
        let next = CachedPolicy(
            policy: old.policy.policy,
            recordID: old.policy.recordID,
            fetchedAt: old.policy.fetchedAt.advanced(bySeconds: 1)
        )
        if try await store.put(next, for: domain, replacing: old.revision) { return }
    }
    throw CounterFailure.refused
}

private enum CounterFailure: Error, CustomStringConvertible {
    case lost, refused

    var description: String {
        switch self {
        case .lost: "an entry was absent while it was being replaced"
        case .refused: "put gave false 10000 times in a row with the revision just read"
        }
    }
}
