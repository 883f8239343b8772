// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import MTASTS

/// The store of a case. It can refuse to be written to.
struct CaseStore: PolicyStore {
    struct WriteRefused: Error {}

    private let base: any PolicyStore
    private let refusesWrites: Bool

    init(_ base: any PolicyStore, refusesWrites: Bool) {
        self.base = base
        self.refusesWrites = refusesWrites
    }

    func entry(for domain: DomainName) async throws -> StoredPolicy? { try await base.entry(for: domain) }

    func put(_ policy: CachedPolicy, for domain: DomainName, replacing revision: StoreRevision?) async throws -> Bool {
        if refusesWrites { throw WriteRefused() }
        return try await base.put(policy, for: domain, replacing: revision)
    }

    func remove(_ domain: DomainName, revision: StoreRevision) async throws -> Bool {
        if refusesWrites { throw WriteRefused() }
        return try await base.remove(domain, revision: revision)
    }

    func entries(after cursor: StoreCursor?, limit: Int) async throws -> StorePage {
        try await base.entries(after: cursor, limit: limit)
    }
}

/// A folder of a file store, all of whose files can be spoilt. It is to be removed after use.
struct SpoilableFolder: Sendable {
    private let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("mta-sts-conformance-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    var path: String { url.path }

    /// Overwrites every file that is not empty.
    func spoil() throws {
        let files = FileManager.default.enumerator(at: url, includingPropertiesForKeys: [.isRegularFileKey])
        var count = 0
        while let file = files?.nextObject() as? URL {
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true,
                try !Data(contentsOf: file).isEmpty
            else { continue }
            try Data("spoilt".utf8).write(to: file)
            count += 1
        }
        guard count > 0 else { throw CaseFault(reason: "the file store has written no file to be damaged") }
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
}
