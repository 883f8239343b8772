// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension FileTree {
    static let temporaryPrefix = ".tmp-"
    static let damagedFolder = "damaged"
    /// How many damaged files are kept; older ones are removed.
    static let maximumDamaged = 100

    /// 64 random bits in hexadecimal: no two writes get the same, by whatever process and however close.
    static func randomDigits() -> String {
        OpenFile.padded(String(UInt64.random(in: .min ... .max), radix: 16), to: 16)
    }

    /// Opens the store's folder, made if missing, tries to write in it, and sweeps what a crash has left.
    func prepare() throws(Failure) {
        do throws(Failure) {
            try OpenFile.makeFolder(root, path: root)
            let folder = try OpenFile.folder(at: root, path: root, followLinks: true)
            let name = Self.temporaryPrefix + Self.randomDigits()
            _ = try folder.open(name, for: .new)
            try folder.remove(name)
            sweep(try folder.names(), in: folder)
        } catch {
            throw unusable(error)
        }
        for shard in 0..<Self.shardCount {
            do throws(Failure) {
                guard let folder = try openShard(shard) else { continue }
                sweep(try folder.names(), in: folder)
            } catch {
                report(StoreProblem(kind: .unreadable, path: error.path, reason: error.description))
            }
        }
    }

    /// Sees whether the store's folder is there. If it is gone, it is made anew, and that is an error once: no entry is
    /// then merely absent, and an operator is to know.
    func checkRoot() throws(Failure) {
        do throws(Failure) {
            do throws(Failure) {
                _ = try OpenFile.folder(at: root, path: root, followLinks: true)
                return
            } catch {
                guard error.errorNumber == OpenFile.Number.missing else { throw error }
                guard try OpenFile.makeFolder(root, path: root) else { throw error }
            }
        } catch {
            throw unusable(error)
        }
        let reason = """
            The store's folder was gone, with the entries in it, and was made anew. If it was moved away, put its \
            sub-folders back into this one.
            """
        throw Failure(.folder, path: root, reason: reason)
    }

    private func unusable(_ error: Failure) -> Failure {
        Failure(
            .folder,
            call: error.call,
            path: root,
            errorNumber: error.errorNumber,
            reason: "\(error.reason). \(Self.advice(error.errorNumber))"
        )
    }

    private static func advice(_ number: Int32) -> String {
        switch number {
        case OpenFile.Number.notFolder: "Name a folder, not a file."
        case OpenFile.Number.missing: "Make the folder that is to hold the store first."
        case let number where OpenFile.Number.notAllowed.contains(number):
            "Make the folder writable for the user that this process runs as, or name another."
        default: "Name a folder on a local file system that can be written."
        }
    }

    /// Writes a file under a name of its own and waits until it is on the disk. It stays locked while it is open.
    func writeTemporary(_ octets: [UInt8], in folder: OpenFile) throws(Failure) -> (file: OpenFile, name: String) {
        while true {
            let name = Self.temporaryPrefix + Self.randomDigits()
            let file = try folder.open(name, for: .new)
            do throws(Failure) {
                // A sweep that came in between making and locking has removed the file, or is about to.
                guard try file.tryLock(), try file.status().links > 0 else { continue }
                try file.write(octets)
                try file.sync()
                return (file, name)
            } catch {
                try? folder.remove(name)
                throw error
            }
        }
    }

    /// Removes temporary files that no writer has locked: their writers are gone.
    func sweep(_ names: [String], in folder: OpenFile) {
        for name in names where Self.isTemporary(name) {
            do throws(Failure) {
                let file = try folder.open(name, for: .reading)
                guard try file.status().isRegular, try file.tryLock() else { continue }
                try folder.remove(name)
            } catch {
                // Renamed or swept by another process meanwhile, most likely; if not, the next sweep tries again.
                continue
            }
        }
    }

    private static func isTemporary(_ name: String) -> Bool {
        guard name.hasPrefix(temporaryPrefix) else { return false }
        let digits = name.utf8.dropFirst(temporaryPrefix.utf8.count)
        return digits.count == 16 && digits.allSatisfy { $0.isASCIIDigit || (0x61...0x66).contains($0) }
    }

    /// Moves a damaged file of a locked folder out of the way. A failure to do so is part of what is reported.
    func setAside(_ name: String, in folder: OpenFile, reason: String) -> StoreProblem {
        let path = folder.path(of: name)
        do throws(Failure) {
            let damaged = try makeFolder(Self.damagedFolder)
            // The time first, so that names sort by age; a long name is cut to what a file system allows.
            let kept = "\(OpenFile.timeDigits())-\(Self.randomDigits())-\(name.prefix(200))"
            try folder.rename(name, to: kept, in: damaged)
            let all = try damaged.names().filter { !$0.hasPrefix(".") }.sorted()
            for old in all.dropLast(Self.maximumDamaged) { try? damaged.remove(old) }
            return StoreProblem(kind: .damaged(setAsideAs: damaged.path(of: kept)), path: path, reason: reason)
        } catch {
            return StoreProblem(kind: .damaged(setAsideAs: nil), path: path, reason: "\(reason); \(error)")
        }
    }
}

// Paging: folder by folder, within a folder by name. The cursor is the folder's name, a slash, and the last name read.
extension FileTree {
    /// The most entries of a page, whatever is asked for: an entry may have 64 KiB.
    static let maximumPage = 1_000

    func page(after cursor: StoreCursor?, limit: Int) throws(Failure) -> StorePage {
        var (shard, last) = try cursor.map { (cursor) throws(Failure) in try place(of: cursor) } ?? (0, nil)
        let limit = min(max(1, limit), Self.maximumPage)
        var entries: [StoredPolicy] = []
        while shard < Self.shardCount {
            if let (folder, domains) = try readableDomains(of: shard, after: last) {
                for (index, domain) in domains.enumerated() {
                    guard let entry = entryOfPage(domain, in: folder) else { continue }
                    entries.append(entry)
                    guard entries.count >= limit else { continue }
                    let isLast = index + 1 == domains.count
                    if isLast, shard + 1 == Self.shardCount { return StorePage(entries: entries, next: nil) }
                    let next = isLast ? "\(Self.shardName(shard + 1))/" : "\(Self.shardName(shard))/\(domain)"
                    return StorePage(entries: entries, next: StoreCursor(rawValue: next))
                }
            }
            shard += 1
            last = nil
        }
        return StorePage(entries: entries, next: nil)
    }

    /// A folder and its domains; nil if it is missing, or cannot be read: the other folders' entries must not wait for it.
    private func readableDomains(
        of shard: Int,
        after last: DomainName?
    ) throws(Failure) -> (folder: OpenFile, domains: [DomainName])? {
        do throws(Failure) {
            guard let folder = try openShard(shard) else { return nil }
            return (folder, try domains(in: folder, shard: shard, after: last))
        } catch {
            if error.code == .folder { throw error }
            report(StoreProblem(kind: .unreadable, path: error.path, reason: error.description))
            return nil
        }
    }

    private func place(of cursor: StoreCursor) throws(Failure) -> (shard: Int, last: DomainName?) {
        let text = cursor.rawValue
        let digits = String(text.prefix(2))
        if let shard = Int(digits, radix: 16), Self.shardName(shard) == digits, text.dropFirst(2).first == "/" {
            let name = String(text.dropFirst(3))
            if name.isEmpty { return (shard, nil) }
            if let last = DomainName(name) { return (shard, last) }
        }
        throw Failure(.cursor, path: root, reason: "the cursor is none of this store's")
    }

    /// The domains that have an entry in a folder, in order.
    ///
    /// The folder is locked meanwhile: on some file systems a file renamed over another is missed or seen twice by who
    /// reads the folder at that moment. Reading all names is the price of a cursor that needs no state; a folder has
    /// some 4,000 in a store of a million.
    private func domains(in folder: OpenFile, shard: Int, after last: DomainName?) throws(Failure) -> [DomainName] {
        let names: [String]
        do throws(Failure) {
            names = try lockedNames(of: folder)
        } catch {
            // The folder was removed since it was opened.
            if error.errorNumber == OpenFile.Number.missing { return [] }
            throw error
        }
        sweep(names, in: folder)
        return names.compactMap(Self.domain(ofFile:))
            .filter { domain in Self.shard(of: domain) == shard && last.map { domain > $0 } ?? true }
            .sorted()
    }

    private func lockedNames(of folder: OpenFile) throws(Failure) -> [String] {
        do throws(Failure) {
            return try withLock(on: folder) { () throws(Failure) in try folder.names() }
        } catch {
            // A folder that has become read-only has no lock to offer, and nobody renames in it.
            guard OpenFile.Number.notAllowed.contains(error.errorNumber) else { throw error }
            return try folder.names()
        }
    }

    private func entryOfPage(_ domain: DomainName, in folder: OpenFile) -> StoredPolicy? {
        do throws(Failure) {
            return try entry(for: domain, in: folder)
        } catch {
            report(StoreProblem(kind: .unreadable, path: error.path, reason: error.description))
            return nil
        }
    }
}
