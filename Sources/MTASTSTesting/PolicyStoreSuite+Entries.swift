// SPDX-License-Identifier: Apache-2.0

internal import MTASTS
internal import PolicyCache

// One entry at a time.
extension PolicyStoreSuite {
    static func absent(_ check: inout StoreCheck) async throws {
        let domain = try StoreSample.domain("example.com")
        try await check.expect(nil, for: domain)
        let wrong = StoreRevision(rawValue: "none of yours")
        check.expect(try await !check.store.remove(domain, revision: wrong), "removed what is not there")
        let policy = try StoreSample.policy(1)
        check.expect(try await !check.store.put(policy, for: domain, replacing: wrong), "replaced what is not there")
        try await check.expect(nil, for: domain)
    }

    static func roundTrip(_ check: inout StoreCheck) async throws {
        for (number, text) in StoreSample.texts().enumerated() {
            let domain = try StoreSample.domain("text-\(number).example")
            let ids = [STSRecord.ID("A1b2"), nil, STSRecord.ID(String(repeating: "z", count: 32))]
            for id in ids {
                let policy = CachedPolicy(
                    policy: try STSPolicy(parsing: text),
                    recordID: id,
                    fetchedAt: UnixTime(secondsSinceEpoch: 1_700_000_000),
                    lastRequestedAt: UnixTime(secondsSinceEpoch: 1_700_003_600)
                )
                let before = try await check.store.entry(for: domain)?.revision
                let isPut = try await check.store.put(policy, for: domain, replacing: before)
                check.expect(isPut, "put of \(domain) with the revision read gave false")
                try await check.expect(policy, for: domain)
            }
        }
    }

    static func times(_ check: inout StoreCheck) async throws {
        let moments: [Int64] = [.min, -1, 0, 1, 1_700_000_000, 4_294_967_296, .max]
        let policy = try StoreSample.policy(0).policy
        for (number, fetched) in moments.enumerated() {
            let entry = CachedPolicy(
                policy: policy,
                recordID: nil,
                fetchedAt: UnixTime(secondsSinceEpoch: fetched),
                lastRequestedAt: UnixTime(secondsSinceEpoch: moments[moments.count - 1 - number])
            )
            let domain = try StoreSample.domain("time-\(number).example")
            try await check.insert(entry, for: domain)
            try await check.expect(entry, for: domain)
        }
    }

    static func names(_ check: inout StoreCheck) async throws {
        let label = String(repeating: "a", count: 63)
        let longest = "\(label).\(label).\(label).\(String(repeating: "b", count: 61))"
        let names = [
            longest, String(longest.dropLast()), "a\(longest.dropFirst(2))", "_under_score._tcp.example", "_", "__",
            "a", "a.b", "b.a", "a-b.example", "a--b.example", "a_b.example", "xn--bcher-kva.example", "0.example",
            "con", "nul.example", "lock", "tmp", "damaged", "entry.p", "entry.p.p", "entry", "entry.tmp",
        ]
        let domains = try names.map(StoreSample.domain)
        for (number, domain) in domains.enumerated() {
            try await check.insert(try StoreSample.policy(number), for: domain)
        }
        for (number, domain) in domains.enumerated() {
            try await check.expect(try StoreSample.policy(number), for: domain)
        }
        let paged = try await check.pages(of: 5).map(\.domain)
        check.expect(paged.sorted() == domains.sorted(), "pages give \(paged.count) of \(domains.count) names")
    }

    static func insertOnlyIfAbsent(_ check: inout StoreCheck) async throws {
        let domain = try StoreSample.domain("example.com")
        let policy = try StoreSample.policy(1)
        try await check.insert(policy, for: domain)
        let first = try await check.expect(policy, for: domain)
        let isPut = try await check.store.put(try StoreSample.policy(2), for: domain, replacing: nil)
        check.expect(!isPut, "put without a revision replaced an entry")
        let second = try await check.expect(policy, for: domain)
        check.expect(first?.revision == second?.revision, "the revision changed without a write")
    }

    static func replaceByRevision(_ check: inout StoreCheck) async throws {
        let domain = try StoreSample.domain("example.com")
        try await check.insert(try StoreSample.policy(1), for: domain)
        guard let first = try await check.expect(try StoreSample.policy(1), for: domain) else { return }
        // Weaker replaces stronger and older replaces newer: what is right is not the store's to judge.
        let weaker = try StoreSample.policy(-5, mode: "none")
        let isPut = try await check.store.put(weaker, for: domain, replacing: first.revision)
        check.expect(isPut, "put with the current revision gave false")
        try await check.expect(weaker, for: domain)
        for stale in [first.revision, StoreRevision(rawValue: ""), StoreRevision(rawValue: "../x")] {
            let isPut = try await check.store.put(try StoreSample.policy(3), for: domain, replacing: stale)
            check.expect(!isPut, "put with the stale revision \"\(stale.rawValue)\" replaced an entry")
            try await check.expect(weaker, for: domain)
        }
    }

    static func revisionChanges(_ check: inout StoreCheck) async throws {
        let domain = try StoreSample.domain("example.com")
        let policy = try StoreSample.policy(1)
        var seen: Set<StoreRevision> = []
        var revision: StoreRevision?
        for number in 0..<20 {
            // The same content each time: the revision is that of the write.
            let isPut = try await check.store.put(policy, for: domain, replacing: revision)
            check.expect(isPut, "write \(number) with the current revision gave false")
            guard let stored = try await check.expect(policy, for: domain) else { return }
            let isNew = seen.insert(stored.revision).inserted
            check.expect(isNew, "write \(number) gave the revision of an earlier one")
            revision = stored.revision
        }
    }

    static func removeByRevision(_ check: inout StoreCheck) async throws {
        let domain = try StoreSample.domain("example.com")
        try await check.insert(try StoreSample.policy(1), for: domain)
        guard let first = try await check.store.entry(for: domain) else { return check.violate("no entry after put") }
        _ = try await check.store.put(try StoreSample.policy(2), for: domain, replacing: first.revision)
        let isStaleGone = try await check.store.remove(domain, revision: first.revision)
        check.expect(!isStaleGone, "removed by a stale revision")
        guard let second = try await check.expect(try StoreSample.policy(2), for: domain) else { return }
        let isGone = try await check.store.remove(domain, revision: second.revision)
        check.expect(isGone, "not removed by the current revision")
        try await check.expect(nil, for: domain)
        let isGoneAgain = try await check.store.remove(domain, revision: second.revision)
        check.expect(!isGoneAgain, "removed twice")
        let paged = try await check.pages(of: 10)
        check.expect(paged.isEmpty, "a page gives a removed entry")
    }

    static func noReturnOfARevision(_ check: inout StoreCheck) async throws {
        let domain = try StoreSample.domain("example.com")
        let policy = try StoreSample.policy(1)
        try await check.insert(policy, for: domain)
        guard let first = try await check.store.entry(for: domain) else { return check.violate("no entry after put") }
        _ = try await check.store.remove(domain, revision: first.revision)
        try await check.insert(policy, for: domain)
        let isPut = try await check.store.put(try StoreSample.policy(2), for: domain, replacing: first.revision)
        check.expect(!isPut, "the revision of a removed entry names the one put after it")
        try await check.expect(policy, for: domain)
    }

    static func entriesAreApart(_ check: inout StoreCheck) async throws {
        let domains = try StoreSample.domains(12)
        for (number, domain) in domains.enumerated() {
            try await check.insert(try StoreSample.policy(number), for: domain)
        }
        guard let third = try await check.store.entry(for: domains[3]) else {
            return check.violate("no entry after put")
        }
        _ = try await check.store.put(try StoreSample.policy(100), for: domains[3], replacing: third.revision)
        guard let fifth = try await check.store.entry(for: domains[5]) else {
            return check.violate("no entry after put")
        }
        _ = try await check.store.remove(domains[5], revision: fifth.revision)
        for (number, domain) in domains.enumerated() {
            let expected: CachedPolicy? =
                switch number {
                case 3: try StoreSample.policy(100)
                case 5: nil
                default: try StoreSample.policy(number)
                }
            try await check.expect(expected, for: domain)
        }
    }
}
