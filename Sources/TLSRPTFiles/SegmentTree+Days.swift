// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import TLSRPT

extension SegmentTree {
    /// Writes a tally, one segment for each of its days. On an error what was written is removed again; if that fails as
    /// well, or a crash comes before it is on the disk, a segment may stay.
    func append(_ tally: SessionTally) throws(TallyFolder.Failure) {
        let folder = try told { () throws(Failure) in
            try OpenFile.makeFolder(root, path: root)
            return try openRoot()
        }
        var written: [(day: Day, file: OpenFile, name: String)] = []
        defer {
            for part in written {
                try? folder.remove(part.name)
                part.file.close()
            }
        }
        for day in tally.reportDays {
            let text = tally.text(of: day)
            let temporary = try told { () throws(Failure) in
                try writeTemporary(in: folder) { file throws(Failure) in try file.write(text) }
            }
            written.append((day, temporary.file, temporary.name))
        }
        // The slow part, writing and waiting for the disk, came before the lock.
        let parts = written.map { (day: $0.day, name: $0.name) }
        try withLock(Self.lockName, in: folder) { () throws(Failure) in try publish(parts, of: folder) }
    }

    private func publish(_ parts: [(day: Day, name: String)], of folder: OpenFile) throws(Failure) {
        var published: [(folder: OpenFile, name: String)] = []
        do throws(Failure) {
            for part in parts {
                if try OpenFile.makeFolder("\(root)/\(part.day)", path: "\(part.day)") { try folder.sync() }
                let day = try OpenFile.folder(at: "\(root)/\(part.day)", path: "\(part.day)")
                let name = Self.segmentName(isMerged: false)
                try folder.rename(part.name, to: name, in: day)
                published.append((day, name))
                try day.sync()
            }
        } catch {
            // The caller keeps the tally: what is here already would be counted twice.
            for segment in published {
                try? segment.folder.remove(segment.name)
                try? segment.folder.sync()
            }
            throw error
        }
    }

    /// The days that have a folder, in order.
    func days() throws(Failure) -> [Day] { try openRoot().names().compactMap { Day($0) }.sorted() }

    /// The names of a day's segments, in order.
    func segments(of day: OpenFile) throws(Failure) -> [String] {
        try day.names().filter { !$0.hasPrefix(".") && $0.hasSuffix(Self.suffix) }.sorted()
    }

    /// Removes a day in one step; what follows only frees the disk.
    ///
    /// - Parameter inspect: Is given the folder, which nobody writes to any more, before it is freed.
    func remove(_ day: Day, inspect: (OpenFile) throws(Failure) -> Void = { _ in }) throws(TallyFolder.Failure) {
        let folder = try told { () throws(Failure) in try openRoot() }
        let name = Self.removedPrefix + Self.randomDigits()
        let isThere = try withLock(Self.lockName, in: folder) { () throws(Failure) in
            guard try openDay(day) != nil else { return false }
            try noteRemoval(of: day, in: folder)
            try folder.rename("\(day)", to: name, in: folder)
            try folder.sync()
            return true
        }
        guard isThere else { return }
        try told { () throws(Failure) in
            do throws(Failure) {
                try inspect(try OpenFile.folder(at: "\(root)/\(name)", path: name))
            } catch {
                // It counts no longer, whatever could not be read of it.
                try? removeFolder(name, in: folder)
                throw error
            }
            try removeFolder(name, in: folder)
        }
    }

    private func noteRemoval(of day: Day, in folder: OpenFile) throws(Failure) {
        let note = try folder.open("\(Self.removalsPrefix)\(day)", for: .appending)
        defer { note.close() }
        try note.write([0x2B])
        try note.sync()
        let all = try folder.names().filter { $0.hasPrefix(Self.removalsPrefix) }.sorted()
        for old in all.dropLast(Self.maximumRemovals) { try? folder.remove(old) }
    }

    /// How often a day was removed.
    func removals(of day: Day) throws(Failure) -> Int {
        do throws(Failure) {
            return try openRoot().open("\(Self.removalsPrefix)\(day)", for: .reading).read(limit: 10_000).count
        } catch {
            if error.errorNumber == OpenFile.Number.missing { return 0 }
            throw error
        }
    }

    func removeFolder(_ name: String, in folder: OpenFile) throws(Failure) {
        let removed = try OpenFile.folder(at: "\(root)/\(name)", path: name)
        for file in try removed.names() where file != "." && file != ".." { try removed.remove(file) }
        try folder.remove(name)
    }

    /// Keeps a copy of a segment's damaged lines for inspection and tells of them.
    func setAside(_ damage: SegmentReader.Damage, of segment: String, on day: Day) {
        var kept: String?
        do throws(Failure) {
            try OpenFile.makeFolder("\(root)/\(Self.damagedFolder)", path: Self.damagedFolder)
            let folder = try OpenFile.folder(at: "\(root)/\(Self.damagedFolder)", path: Self.damagedFolder)
            let name = "\(day)-\(segment.prefix(200)).lines"
            kept = folder.path(of: name)
            let file = try folder.open(name, for: .new)
            try file.write(damage.lines)
            let all = try folder.names().filter { !$0.hasPrefix(".") }.sorted()
            for old in all.dropLast(Self.maximumDamaged) { try? folder.remove(old) }
        } catch {
            // The copy of an earlier reading is there.
            if error.errorNumber != OpenFile.Number.exists { kept = nil }
        }
        let path = "\(day)/\(segment)"
        report(.damagedLines(segment: path, count: damage.count, reason: damage.reason, setAsideAs: kept))
    }
}
