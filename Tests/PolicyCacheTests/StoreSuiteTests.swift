// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import PolicyCache
import STSCore
import STSPolicy
import Synchronization
import Testing

@Suite struct StoreSuiteTests {
    @Test func memoryStoreConforms() async {
        let violations = await PolicyStoreSuite.run { MemoryPolicyStore() }
        #expect(violations.isEmpty)
    }

    @Test func fileStoreConforms() async throws {
        let scratch = try Scratch()
        let problems = Problems()
        let count = Mutex(0)
        let violations = await PolicyStoreSuite.run {
            let number = count.withLock { count in
                count += 1
                return count
            }
            return try FilePolicyStore(directory: scratch.store + String(number), reportProblem: problems.report)
        }
        #expect(violations.isEmpty)
        #expect(problems.all.isEmpty)
        #expect(count.withLock { $0 } == 17)
    }

    /// A suite that cannot fail proves nothing: each broken promise is found by the check that is about it.
    @Test(arguments: FaultyStore.Fault.allCases)
    func suiteFinds(_ fault: FaultyStore.Fault) async {
        let violations = await PolicyStoreSuite.run { FaultyStore(fault) }
        let checks = Set(violations.map(\.check))
        #expect(checks.isSuperset(of: fault.checks), "found by \(checks.sorted())")
    }

    @Test func suiteReportsThatNoStoreCanBeMade() async {
        struct NoStore: Error {}
        let violations = await PolicyStoreSuite.run { throw NoStore() }
        #expect(violations.count == 17)
        #expect(violations.first?.description == "absent: no store could be made: NoStore()")
    }
}

/// A memory store that breaks one promise.
final class FaultyStore: PolicyStore {
    enum Fault: CaseIterable {
        case putIgnoresRevision, insertReplaces, removeIgnoresRevision, revisionOfContent, forgetsID, canonicalText
        case losesRequested, clampsTimes, skipsInPages, repeatsInPages, pageTooLong, pagesByIndex, losesLongNames
        case findsByPrefix, comparesWithoutLock, putThrows, alwaysRefuses

        var checks: Set<String> {
            switch self {
            case .putIgnoresRevision: ["absent", "replace-by-revision", "one-replacement-wins"]
            case .insertReplaces: ["insert-only-if-absent", "one-insert-wins"]
            case .removeIgnoresRevision: ["remove-by-revision"]
            case .revisionOfContent: ["revision-changes", "no-return-of-a-revision"]
            case .forgetsID, .canonicalText, .losesRequested: ["round-trip"]
            case .clampsTimes: ["times"]
            case .skipsInPages, .repeatsInPages, .pageTooLong: ["pages-complete"]
            case .pagesByIndex: ["pages-while-written"]
            case .losesLongNames: ["names"]
            case .findsByPrefix: ["names", "entries-are-apart"]
            case .comparesWithoutLock: ["one-insert-wins", "one-replacement-wins", "no-write-is-lost"]
            case .putThrows, .alwaysRefuses: ["round-trip", "no-write-is-lost"]
            }
        }
    }

    struct Full: Error {}

    private let fault: Fault
    private let base = MemoryPolicyStore()

    init(_ fault: Fault) { self.fault = fault }

    private func key(_ domain: DomainName) -> DomainName {
        let text = domain.description
        return switch fault {
        case .losesLongNames: DomainName(String(text.prefix(252))) ?? domain
        case .findsByPrefix: DomainName(String(text.prefix(4))) ?? domain
        default: domain
        }
    }

    private func changed(_ stored: StoredPolicy, for domain: DomainName) -> StoredPolicy {
        let old = stored.policy
        var policy = old.policy
        if fault == .canonicalText { policy = (try? STSPolicy(parsing: policy.description)) ?? policy }
        var fetched = old.fetchedAt
        if fault == .clampsTimes { fetched = max(fetched, UnixTime(secondsSinceEpoch: 0)) }
        var revision = stored.revision
        if fault == .revisionOfContent { revision = StoreRevision(rawValue: String(old.hashValue)) }
        return StoredPolicy(
            domain: domain,
            policy: CachedPolicy(
                policy: policy,
                recordID: fault == .forgetsID ? nil : old.recordID,
                fetchedAt: fetched,
                lastRequestedAt: fault == .losesRequested ? nil : old.lastRequestedAt
            ),
            revision: revision
        )
    }

    func entry(for domain: DomainName) async throws -> StoredPolicy? {
        base.entry(for: key(domain)).map { changed($0, for: domain) }
    }

    func put(_ policy: CachedPolicy, for domain: DomainName, replacing revision: StoreRevision?) async throws -> Bool {
        let key = key(domain)
        let current = base.entry(for: key)
        switch fault {
        case .putThrows: throw Full()
        case .alwaysRefuses: return false
        case .putIgnoresRevision where revision != nil, .insertReplaces where revision == nil:
            _ = base.put(policy, for: key, replacing: current?.revision)
            return true
        case .revisionOfContent:
            guard current.map({ changed($0, for: domain).revision }) == revision else { return false }
            return base.put(policy, for: key, replacing: current?.revision)
        case .comparesWithoutLock:
            guard current?.revision == revision else { return false }
            await Task.yield()
            try await Task.sleep(for: .milliseconds(2))
            _ = base.put(policy, for: key, replacing: base.entry(for: key)?.revision)
            return true
        default: return base.put(policy, for: key, replacing: revision)
        }
    }

    func remove(_ domain: DomainName, revision: StoreRevision) async throws -> Bool {
        let key = key(domain)
        guard let current = base.entry(for: key) else { return false }
        if fault == .removeIgnoresRevision { return base.remove(key, revision: current.revision) }
        if fault == .revisionOfContent {
            return changed(current, for: domain).revision == revision && base.remove(key, revision: current.revision)
        }
        return base.remove(key, revision: revision)
    }

    func entries(after cursor: StoreCursor?, limit: Int) async throws -> StorePage {
        if fault == .pagesByIndex {
            let all = base.entries(after: nil, limit: .max).entries
            let start = cursor.flatMap { Int($0.rawValue) } ?? 0
            let page = all.dropFirst(start).prefix(limit)
            let end = start + page.count
            return StorePage(
                entries: Array(page),
                next: end < all.count ? StoreCursor(rawValue: String(end)) : nil
            )
        }
        let page = base.entries(after: cursor, limit: fault == .pageTooLong && limit < 100 ? limit + 1 : limit)
        var entries = page.entries.map { changed($0, for: $0.domain) }
        if fault == .skipsInPages, page.next != nil { entries.removeLast() }
        if fault == .repeatsInPages, let first = entries.first, limit > 1, entries.count < limit {
            entries.append(first)
        }
        return StorePage(entries: entries, next: page.next)
    }
}
