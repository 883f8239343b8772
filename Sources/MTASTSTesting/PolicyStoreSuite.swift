// SPDX-License-Identifier: Apache-2.0

internal import MTASTS
public import PolicyCache

/// The promises of `PolicyStore` as checks that the author of a store runs, in whatever test framework:
///
/// ```swift
/// let violations = await PolicyStoreSuite.run { try MyStore(path: newEmptyPath()) }
/// #expect(violations.isEmpty)
/// ```
public enum PolicyStoreSuite {
    /// Runs every check, each on a store of its own.
    ///
    /// - Parameter makeStore: Makes an empty store.
    /// - Returns: The promises that were broken, in the order of the checks; none for a store that conforms. An error
    ///   that the store throws where it should not is one of them.
    public static func run(makeStore: () async throws -> any PolicyStore) async -> [ConformanceViolation] {
        let checks: [(name: String, body: (inout StoreCheck) async throws -> Void)] = [
            ("absent", absent), ("round-trip", roundTrip), ("times", times), ("names", names),
            ("insert-only-if-absent", insertOnlyIfAbsent), ("replace-by-revision", replaceByRevision),
            ("revision-changes", revisionChanges), ("remove-by-revision", removeByRevision),
            ("no-return-of-a-revision", noReturnOfARevision), ("entries-are-apart", entriesAreApart),
            ("pages-of-nothing", pagesOfNothing), ("pages-complete", pagesComplete),
            ("pages-while-written", pagesWhileWritten), ("one-insert-wins", oneInsertWins),
            ("one-replacement-wins", oneReplacementWins), ("one-removal-wins", oneRemovalWins),
            ("no-write-is-lost", noWriteIsLost),
        ]
        var violations: [ConformanceViolation] = []
        for (name, body) in checks {
            do {
                var check = StoreCheck(name: name, store: try await makeStore())
                do {
                    try await body(&check)
                } catch {
                    check.violate("threw \(error)")
                }
                violations += check.violations
            } catch {
                violations.append(ConformanceViolation(check: name, detail: "no store could be made: \(error)"))
            }
        }
        return violations
    }
}

/// One check under way.
struct StoreCheck {
    let name: String
    let store: any PolicyStore
    var violations: [ConformanceViolation] = []

    init(name: String, store: any PolicyStore) {
        self.name = name
        self.store = store
    }

    mutating func violate(_ detail: String) {
        violations.append(ConformanceViolation(check: name, detail: detail))
    }

    mutating func expect(_ condition: Bool, _ detail: @autoclosure () -> String) {
        if !condition { violate(detail()) }
    }

    /// Expects that the store gives an entry exactly, and returns it.
    @discardableResult
    mutating func expect(_ policy: CachedPolicy?, for domain: DomainName) async throws -> StoredPolicy? {
        let stored = try await store.entry(for: domain)
        switch (policy, stored) {
        case (nil, nil): break
        case (nil, _?): violate("an entry of \(domain) where none was put")
        case (_?, nil): violate("no entry of \(domain) after it was put")
        case (let policy?, let stored?): compare(stored, with: policy, of: domain)
        }
        return stored
    }

    mutating func compare(_ stored: StoredPolicy, with policy: CachedPolicy, of domain: DomainName) {
        expect(stored.domain == domain, "the entry of \(domain) says it is that of \(stored.domain)")
        expect(stored.policy.policy.hasSameText(as: policy.policy), "\(domain): the text is not that which was put")
        expect(stored.policy.policy == policy.policy, "\(domain): the policy is not that which was put")
        let ids = (stored.policy.recordID, policy.recordID)
        expect(
            ids.0 == ids.1,
            "\(domain): record id \(ids.0?.description ?? "nil"), put \(ids.1?.description ?? "nil")"
        )
        let fetched = (stored.policy.fetchedAt, policy.fetchedAt)
        expect(fetched.0 == fetched.1, "\(domain): fetched at \(fetched.0), put \(fetched.1)")
        let requested = (stored.policy.lastRequestedAt, policy.lastRequestedAt)
        expect(requested.0 == requested.1, "\(domain): requested at \(requested.0), put \(requested.1)")
    }

    /// Puts an entry where there is none, and expects that it succeeds.
    mutating func insert(_ policy: CachedPolicy, for domain: DomainName) async throws {
        expect(try await store.put(policy, for: domain, replacing: nil), "put of the absent \(domain) gave false")
    }

    /// All entries, read in pages of `limit`; `between` is called after each page with its number.
    mutating func pages(
        of limit: Int,
        between: (Int) async throws -> Void = { _ in }
    ) async throws -> [StoredPolicy] {
        var entries: [StoredPolicy] = []
        var cursor: StoreCursor?
        // A store may give pages that are not full, but must come to an end.
        for number in 1...100_000 {
            let page = try await store.entries(after: cursor, limit: limit)
            expect(page.entries.count <= limit, "\(page.entries.count) entries in a page of \(limit)")
            entries += page.entries
            guard let next = page.next else { return entries }
            cursor = next
            try await between(number)
        }
        violate("no last page among 100000")
        return entries
    }
}

/// What the checks put into stores.
enum StoreSample {
    static func domain(_ name: String) throws -> DomainName { try DomainName(parsing: name) }

    static func domains(_ count: Int) throws -> [DomainName] {
        try (0..<count).map { try DomainName(parsing: "host-\($0).example") }
    }

    /// An entry that no other number gives.
    static func policy(_ number: Int, mode: String = "enforce") throws -> CachedPolicy {
        let text = "version: STSv1\nmode: \(mode)\nmx: mx\(number).example\nmax_age: 86400\n"
        return CachedPolicy(
            policy: try STSPolicy(parsing: text),
            recordID: STSRecord.ID("id\(number)"),
            fetchedAt: UnixTime(secondsSinceEpoch: 1_700_000_000 + Int64(number)),
            lastRequestedAt: UnixTime(secondsSinceEpoch: 1_700_000_500 + Int64(number))
        )
    }

    /// Texts whose every octet matters: line ends, blanks, extensions, UTF-8, an end without line end, empty lines, a
    /// repeated field, and the size limit to the octet.
    static func texts() -> [String] {
        let plain = "version: STSv1\nmode: testing\nmx: *.example.com\nmax_age: 604800\n"
        let crlf = "version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmx: b.example\r\nmax_age: 1\r\n"
        let none = "mode: none\nmax_age:   0\nversion: STSv1"
        let extended = "version: STSv1\nmode: none\nx-note: gr\u{fc}n \u{2713} \u{1f4ec}\nmax_age: 86400\nmode: enforce"
        let blank = "\r\n\nversion: STSv1\n\n \nmode: none\nmax_age: 99999999 \n\n\n"
        let fill = String(repeating: "x: \(String(repeating: "y", count: 60))\n", count: 1_022)
        let last = "z: "
        let rest = STSPolicy.maximumOctets - plain.utf8.count - fill.utf8.count - last.utf8.count
        return [plain, crlf, none, extended, blank, plain + fill + last + String(repeating: "w", count: rest)]
    }
}
