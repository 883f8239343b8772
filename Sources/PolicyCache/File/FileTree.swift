// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import STSPolicy

/// The folders and files of a file store. Its methods block: ``FilePolicyStore`` calls them on threads of its own.
///
/// ```
/// 00 ... ff/              256 folders; a hash of the domain says which
///     example.com.p       an entry
///     .lock               locked while an entry of the folder is compared and renamed or removed
///     .tmp-<16 digits>    an entry being written, locked by its writer
/// damaged/                what could not be read, for inspection
/// ```
///
/// A domain name never begins with a dot or a hyphen and holds no slash, so no entry can take another file's name;
/// with the suffix it has 255 octets at most, what a file system allows.
struct FileTree: Sendable {
    typealias Failure = FilePolicyStore.Failure

    static let shardCount = 256
    static let suffix = ".p"
    static let lockName = ".lock"
    /// How long another process is waited for that holds a lock. It holds one for microseconds, unless it is stopped.
    static let lockPatience = Duration.seconds(5)

    /// The absolute path of the store's folder.
    let root: String
    let report: @Sendable (StoreProblem) -> Void

    /// The number of the folder of a domain: FNV-1a in 32 bits, folded to 8. It never changes between versions.
    static func shard(of domain: DomainName) -> Int {
        var hash: UInt32 = 0x811c_9dc5
        for octet in domain.description.utf8 { hash = (hash ^ UInt32(octet)) &* 0x0100_0193 }
        hash ^= hash >> 16
        return Int((hash ^ hash >> 8) & 0xff)
    }

    /// The name of a folder: two hexadecimal digits.
    static func shardName(_ shard: Int) -> String {
        OpenFile.padded(String(shard, radix: 16), to: 2)
    }

    static func fileName(of domain: DomainName) -> String { "\(domain)\(suffix)" }

    /// The domain whose entry has a name, nil for any other file.
    static func domain(ofFile name: String) -> DomainName? {
        guard name.hasSuffix(suffix) else { return nil }
        guard let domain = DomainName(String(name.dropLast(suffix.count))) else { return nil }
        return fileName(of: domain) == name ? domain : nil
    }

    /// Opens a domain's folder; nil if it is missing.
    func openShard(_ shard: Int) throws(Failure) -> OpenFile? {
        let name = Self.shardName(shard)
        do throws(Failure) {
            return try OpenFile.folder(at: "\(root)/\(name)", path: name)
        } catch {
            try checkRoot()
            if error.errorNumber == OpenFile.Number.missing { return nil }
            throw error
        }
    }

    /// Opens a domain's folder; it is made if it is missing, the store's folder too.
    func makeShard(_ shard: Int) throws(Failure) -> OpenFile {
        if let folder = try openShard(shard) { return folder }
        return try makeFolder(Self.shardName(shard))
    }

    /// Makes a folder of the store and sees to it that it outlives a power failure.
    func makeFolder(_ name: String) throws(Failure) -> OpenFile {
        try OpenFile.makeFolder(root, path: root)
        if try OpenFile.makeFolder("\(root)/\(name)", path: name) {
            try OpenFile.folder(at: root, path: root, followLinks: true).sync()
        }
        return try OpenFile.folder(at: "\(root)/\(name)", path: name)
    }

    /// Calls `body` while no other thread or process that uses the store compares or renames in the folder.
    ///
    /// The lock belongs to the open file, so it excludes threads as well as processes, and the operating system ends
    /// it with the process. A blocking wait would last as long as a stopped process sleeps; this one has a bound.
    func withLock<Result>(
        on folder: OpenFile,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let deadline = ContinuousClock.now + Self.lockPatience
        var pause: UInt32 = 100
        while true {
            let lock = try folder.open(Self.lockName, for: .lock)
            // Who deleted the lock file meanwhile has left us with one that no other process sees.
            if try lock.tryLock(), try lock.status().links > 0 {
                defer { lock.close() }
                return try body()
            }
            lock.close()
            guard ContinuousClock.now < deadline else {
                let reason = "another process has held the lock for \(Self.lockPatience.components.seconds) seconds"
                throw Failure(.busy, path: lock.path, reason: reason)
            }
            OpenFile.pause(microseconds: UInt32.random(in: pause / 2...pause))
            pause = min(pause * 2, 10_000)
        }
    }
}

// Entries.
extension FileTree {
    /// What a file of a domain holds; nil if there is none.
    func content(of domain: DomainName, in folder: OpenFile) throws(Failure) -> PolicyFile.Content? {
        let file: OpenFile
        do throws(Failure) {
            file = try folder.open(Self.fileName(of: domain), for: .reading)
        } catch {
            if error.errorNumber == OpenFile.Number.missing { return nil }
            if OpenFile.Number.notRegular.contains(error.errorNumber) { return .damaged("it is no regular file") }
            throw error
        }
        guard try file.status().isRegular else { return .damaged("it is no regular file") }
        return PolicyFile.decode(try file.read(limit: PolicyFile.maximumOctets + 1), domain: domain)
    }

    /// The entry of a domain. What is damaged is set aside.
    func entry(for domain: DomainName) throws(Failure) -> StoredPolicy? {
        guard let folder = try openShard(Self.shard(of: domain)) else { return nil }
        return try entry(for: domain, in: folder)
    }

    func entry(for domain: DomainName, in folder: OpenFile) throws(Failure) -> StoredPolicy? {
        let found = try content(of: domain, in: folder)
        let settled: Settled
        if case .damaged? = found {
            // Under the lock it is read again: another process may have put a good one there meanwhile.
            settled = try withLock(on: folder) { () throws(Failure) in
                settle(try content(of: domain, in: folder), of: domain, in: folder)
            }
        } else {
            settled = settle(found, of: domain, in: folder)
        }
        if let problem = settled.problem { report(problem) }
        return settled.entry
    }

    /// An entry, or else what is to be reported once no lock is held.
    private typealias Settled = (entry: StoredPolicy?, problem: StoreProblem?)

    /// Makes of a file's content what a reader is to know. A damaged file, whose folder is locked, is set aside.
    private func settle(_ content: PolicyFile.Content?, of domain: DomainName, in folder: OpenFile) -> Settled {
        switch content {
        case nil: (nil, nil)
        case .entry(let entry): (entry, nil)
        case .newer(let version): (nil, newerFormat(version, of: domain, in: folder))
        case .damaged(let reason): (nil, setAside(Self.fileName(of: domain), in: folder, reason: reason))
        }
    }

    private func newerFormat(_ version: Int, of domain: DomainName, in folder: OpenFile) -> StoreProblem {
        let reason = "written in format \(version) by a newer version of this library"
        return StoreProblem(
            kind: .newerFormat(version),
            path: folder.path(of: Self.fileName(of: domain)),
            reason: reason
        )
    }

    /// Writes an entry if the one there has the given revision.
    func put(_ entry: CachedPolicy, for domain: DomainName, replacing revision: StoreRevision?) throws(Failure) -> Bool
    {
        do throws(Failure) {
            return try putOnce(entry, for: domain, replacing: revision)
        } catch {
            guard error.errorNumber == OpenFile.Number.missing else { throw error }
            // Somebody removed the folder between two of our calls.
            return try putOnce(entry, for: domain, replacing: revision)
        }
    }

    private func putOnce(
        _ entry: CachedPolicy,
        for domain: DomainName,
        replacing revision: StoreRevision?
    ) throws(Failure) -> Bool {
        let folder = try makeShard(Self.shard(of: domain))
        guard entry.policy.text.count <= STSPolicy.maximumOctets else {
            let reason = "the policy has more than \(STSPolicy.maximumOctets) octets"
            throw Failure(.tooLarge, path: folder.path(of: Self.fileName(of: domain)), reason: reason)
        }
        // A first look spares the writing to who has lost already; the one that counts is under the lock.
        guard try self.entry(for: domain, in: folder)?.revision == revision else { return false }
        let octets = PolicyFile.encode(entry, domain: domain, revision: Self.randomDigits())
        // The slow part, writing and waiting for the disk, comes before the lock.
        let temporary = try writeTemporary(octets, in: folder)
        defer { temporary.file.close() }
        var isRenamed = false
        // After the renaming there is nothing of that name to be removed.
        defer { if !isRenamed { try? folder.remove(temporary.name) } }
        let problem = try withLock(on: folder) { () throws(Failure) in
            let found = try content(of: domain, in: folder)
            if case .newer(let version)? = found { throw newerFormat(version, of: domain, in: folder).failure }
            let current = settle(found, of: domain, in: folder)
            if current.entry?.revision == revision {
                try folder.rename(temporary.name, to: Self.fileName(of: domain), in: folder)
                isRenamed = true
            }
            return current.problem
        }
        if let problem { report(problem) }
        if isRenamed { try folder.sync() }
        return isRenamed
    }

    /// Removes an entry if it has the given revision.
    func remove(_ domain: DomainName, revision: StoreRevision) throws(Failure) -> Bool {
        guard let folder = try openShard(Self.shard(of: domain)) else { return false }
        var isRemoved = false
        let problem = try withLock(on: folder) { () throws(Failure) in
            let current = settle(try content(of: domain, in: folder), of: domain, in: folder)
            if current.entry?.revision == revision {
                try folder.remove(Self.fileName(of: domain))
                isRemoved = true
            }
            return current.problem
        }
        if let problem { report(problem) }
        if isRemoved { try folder.sync() }
        return isRemoved
    }
}

extension StoreProblem {
    /// The problem as an error of a write that it stands in the way of.
    fileprivate var failure: FilePolicyStore.Failure {
        FilePolicyStore.Failure(.newerFormat, path: path, reason: "\(reason): it is not overwritten")
    }
}
