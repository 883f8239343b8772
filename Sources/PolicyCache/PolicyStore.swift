// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// Keeps policies beyond the life of a process, and shares them between processes.
///
/// Each entry has a revision, which changes with every write; a write names the revision that it replaces, so that
/// two writers never undo each other's work unseen. A store never loses an entry that it was not told to remove, and
/// an entry that it cannot read does no harm to others: it is reported and counts as absent. Every method may be
/// called from many tasks at once. The suite `PolicyStoreSuite` of MTASTSTesting tests these promises.
public protocol PolicyStore: Sendable {
    /// The entry of a policy domain, nil if there is none or none that can be read.
    ///
    /// - Throws: Any error if the store could not find out.
    func entry(for domain: DomainName) async throws -> StoredPolicy?

    /// Writes an entry if the one in the store has the given revision.
    ///
    /// - Parameters:
    ///   - policy: The entry.
    ///   - domain: The policy domain.
    ///   - revision: The revision of the entry to be replaced; nil if there must be none yet.
    /// - Returns: Whether it was written; false if the store holds another revision.
    /// - Throws: Any error if the entry could not be written. The old entry is then still there.
    func put(_ policy: CachedPolicy, for domain: DomainName, replacing revision: StoreRevision?) async throws -> Bool

    /// Removes an entry if it has the given revision.
    ///
    /// - Returns: Whether it was removed; false if there is none or it has another revision.
    /// - Throws: Any error if the entry could not be removed.
    func remove(_ domain: DomainName, revision: StoreRevision) async throws -> Bool

    /// Some of the entries, in an order of the store's choice. An entry that is there all the time while all pages
    /// are read is given exactly once.
    ///
    /// - Parameters:
    ///   - cursor: The cursor of the page before; nil for the first page.
    ///   - limit: The most entries of the page, at least 1.
    /// - Throws: Any error if the store could not be read.
    func entries(after cursor: StoreCursor?, limit: Int) async throws -> StorePage
}

/// Tells the writes of one entry apart. It means something to its store alone.
public struct StoreRevision: Hashable, Sendable {
    /// The store's own text.
    public let rawValue: String

    /// A revision, made by a store.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A place between two pages of entries. It means something to its store alone.
public struct StoreCursor: Hashable, Sendable {
    /// The store's own text.
    public let rawValue: String

    /// A cursor, made by a store.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// An entry as a store holds it.
public struct StoredPolicy: Hashable, Sendable {
    /// The policy domain.
    public let domain: DomainName

    /// The policy and its fetch.
    public let policy: CachedPolicy

    /// The revision to name when the entry is replaced or removed.
    public let revision: StoreRevision

    /// An entry, made by a store.
    public init(domain: DomainName, policy: CachedPolicy, revision: StoreRevision) {
        self.domain = domain
        self.policy = policy
        self.revision = revision
    }
}

/// Some of a store's entries.
public struct StorePage: Sendable {
    /// The entries; there may be fewer than asked for, even none, before the last page.
    public let entries: [StoredPolicy]

    /// Where the next page begins; nil if this is the last.
    public let next: StoreCursor?

    /// A page, made by a store.
    public init(entries: [StoredPolicy], next: StoreCursor?) {
        self.entries = entries
        self.next = next
    }
}
