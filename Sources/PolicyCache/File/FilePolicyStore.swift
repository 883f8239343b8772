// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
public import STSCore

/// A store in a folder: one file per policy domain. Processes of one machine may share it.
///
/// A file is written under another name, flushed to the disk, renamed, and the folder flushed: after a crash at any
/// moment there is the old entry or the new one. Comparing and renaming happen under a lock (`flock`) that a crash
/// ends. A file that cannot be read is moved to the sub-folder `damaged`, where the newest 100 are kept, and reported.
///
/// If the folder is deleted while the store is open, the first call that notices makes it anew and throws
/// ``Failure/Code/folder``; the calls that follow work.
///
/// The folder belongs on a local file system. Only its owner can enter it: who can write there can take away the
/// protection of every domain (RFC 8461 section 10).
///
/// Files are read and written on a few threads of the store's own, so that waiting for a disk takes no thread from
/// the program's tasks. A write that has begun is finished even if its task is cancelled. It waits 5 seconds at most
/// for a lock that another process holds, and then throws.
public final class FilePolicyStore: PolicyStore {
    private static let laneCount = 4

    private let tree: FileTree
    // Serial queues, chosen by the folder: the writes to one folder wait for each other here rather than for its
    // lock, and reads do not wait for the disk behind writes.
    private let readers: [DispatchQueue]
    private let writers: [DispatchQueue]

    /// Opens a store, and removes what a crash may have left half-written. It blocks while it does.
    ///
    /// - Parameters:
    ///   - directory: The path of the store's folder. If it is missing it is made, for its owner alone; the folder
    ///     above it must exist.
    ///   - reportProblem: Is told of each entry that cannot be read, on any thread.
    /// - Throws: ``Failure`` if the folder cannot be used; its text says what to do.
    public init(
        directory: String,
        reportProblem: (@Sendable (StoreProblem) -> Void)? = nil
    ) throws(Failure) {
        guard !directory.isEmpty, !directory.utf8.contains(0) else {
            throw Failure(.folder, path: directory, reason: "This is no path. Name a folder.")
        }
        // The process may change its current folder later.
        let base = directory.hasPrefix("/") ? "" : (OpenFile.currentFolder() ?? ".") + "/"
        tree = FileTree(root: base + directory, report: reportProblem ?? { _ in })
        try tree.prepare()
        readers = (0..<Self.laneCount).map { DispatchQueue(label: "mta-sts.store.read.\($0)") }
        writers = (0..<Self.laneCount).map { DispatchQueue(label: "mta-sts.store.write.\($0)") }
    }

    /// The entry of a policy domain.
    ///
    /// - Throws: ``Failure`` if the operating system does not let the store read it.
    public func entry(for domain: DomainName) async throws -> StoredPolicy? {
        try await run(in: readers, for: domain) { tree throws(Failure) in try tree.entry(for: domain) }
    }

    /// Writes an entry if the one in the store has the given revision. On return it is on the disk.
    ///
    /// - Throws: ``Failure``; with code ``Failure/Code/newerFormat`` if the entry there was written by a newer version.
    public func put(
        _ policy: CachedPolicy,
        for domain: DomainName,
        replacing revision: StoreRevision?
    ) async throws -> Bool {
        try await run(in: writers, for: domain) { tree throws(Failure) in
            try tree.put(policy, for: domain, replacing: revision)
        }
    }

    /// Removes an entry if it has the given revision.
    ///
    /// - Throws: ``Failure`` if the operating system does not let the store remove it.
    public func remove(_ domain: DomainName, revision: StoreRevision) async throws -> Bool {
        try await run(in: writers, for: domain) { tree throws(Failure) in
            try tree.remove(domain, revision: revision)
        }
    }

    /// Some of the entries, 1,000 at most, in an order that is always the same.
    ///
    /// What cannot be read, a file or a folder within the store's, is reported as a ``StoreProblem`` and left out.
    ///
    /// - Throws: ``Failure`` if the store's folder cannot be read, or if the cursor is none of this store's.
    public func entries(after cursor: StoreCursor?, limit: Int) async throws -> StorePage {
        try await run(in: readers, for: nil) { tree throws(Failure) in try tree.page(after: cursor, limit: limit) }
    }

    private func run<Result: Sendable>(
        in lanes: [DispatchQueue],
        for domain: DomainName?,
        _ body: @escaping @Sendable (FileTree) throws(Failure) -> Result
    ) async throws -> Result {
        let lane = lanes[(domain.map(FileTree.shard(of:)) ?? 0) % Self.laneCount]
        return try await withCheckedThrowingContinuation { continuation in
            lane.async { [tree] in
                do throws(Failure) {
                    continuation.resume(returning: try body(tree))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}
