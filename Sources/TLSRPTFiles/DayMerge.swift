// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import STSCore
internal import TLSRPT

/// The sessions of some segments of a day, domain by domain in order. Of each segment one line is in memory.
struct DayMerge {
    typealias Failure = OpenFile.Failure

    private let tree: SegmentTree
    private let day: ReportDay
    private var readers: [SegmentReader]

    /// Segments that are in others.
    let replaced: Set<String>

    /// Opens segments; those whose sessions are in another one of them are left out.
    init(_ names: [String], of day: ReportDay, in folder: OpenFile, tree: SegmentTree) throws(Failure) {
        self.tree = tree
        self.day = day
        var opened: [SegmentReader] = []
        for name in names { opened.append(try SegmentReader(name, of: day, in: folder, limits: tree.limits)) }
        let replaced = opened.reduce(into: Set<String>()) { $0.formUnion($1.replaced) }
        self.replaced = replaced
        readers = opened.filter { !replaced.contains($0.name) }
    }

    /// The sessions of the next domain; nil at the end.
    mutating func next() throws(Failure) -> (domain: DomainName, tally: SessionTally)? {
        guard let domain = readers.compactMap({ $0.current?.domain }).min() else { return nil }
        var tally = SessionTally(limits: tree.limits)
        for reader in readers {
            while let current = reader.current, current.domain == domain {
                tally.merge(current.tally)
                try reader.advance()
            }
        }
        return (domain, tally)
    }

    /// The sessions without their domain: all of them at the end, or else as far as was read.
    var overflow: SessionTally {
        var overflow = SessionTally(limits: tree.limits)
        for reader in readers { overflow.merge(reader.overflow) }
        return overflow
    }

    /// Closes the segments, and sets aside and tells what could not be read of them.
    mutating func close() {
        for reader in readers {
            reader.close()
            if reader.damage.count > 0 { tree.setAside(reader.damage, of: reader.name, on: day) }
        }
        readers = []
    }
}

extension SegmentTree {
    /// How many segments are read at once.
    static let fanIn = 64

    /// Opens a day's segments for reading, put together before if they are too many; nil if there are none.
    func openMerge(of day: Day) throws(TallyFolder.Failure) -> DayMerge? {
        for _ in 0..<8 {
            guard let folder = try told({ () throws(Failure) in try openDay(day) }) else { return nil }
            let names = try told { () throws(Failure) in try segments(of: folder) }
            if names.isEmpty { return nil }
            if names.count > Self.fanIn {
                try compact(day, above: Self.fanIn, patience: Self.readingPatience)
                continue
            }
            do throws(Failure) {
                return try DayMerge(names, of: day, in: folder, tree: self)
            } catch {
                // Put together by another process since they were listed.
                guard error.errorNumber == OpenFile.Number.missing else { throw TallyFolder.Failure(error) }
            }
        }
        throw TallyFolder.Failure(call: "read", path: "\(day)", reason: "other processes change the segments too fast")
    }

    /// Puts segments of a day together until there are no more than a number of them.
    ///
    /// - Parameters:
    ///   - day: The day.
    ///   - most: The number.
    ///   - patience: How long to wait while another process puts segments together.
    func compact(_ day: Day, above most: Int, patience: Duration = lockPatience) throws(TallyFolder.Failure) {
        let root = try told { () throws(Failure) in try openRoot() }
        let lock = try lock(Self.compactionLockName, in: root, patience: patience)
        defer { lock.close() }
        while let folder = try told({ () throws(Failure) in try openDay(day) }) {
            let names = try told { () throws(Failure) in try countingSegments(of: folder, day) }
            guard names.count > max(1, most) else { return }
            // Those that were put together before come last, so that they are not written again each time.
            let batch = names.sorted { ($0.hasPrefix("m") ? 1 : 0, $0) < ($1.hasPrefix("m") ? 1 : 0, $1) }
                .prefix(Self.fanIn)
            try merge(Array(batch), of: day, in: folder, root: root)
        }
    }

    /// The names of the segments that count. Others, which a crash has left beside the one they were put into, or which
    /// were copied here again, are removed: a later merge that took them without that one would count them twice.
    func countingSegments(of folder: OpenFile, _ day: Day) throws(Failure) -> [String] {
        let names = try segments(of: folder)
        var replaced: Set<String> = []
        for name in names where name.hasPrefix("m") {
            // Those names come first in it: no more than one line of sessions is read.
            let reader = try SegmentReader(name, of: day, in: folder, limits: limits)
            replaced.formUnion(reader.replaced)
            reader.close()
        }
        for name in names where replaced.contains(name) { try folder.remove(name) }
        return names.filter { !replaced.contains($0) }
    }

    private func merge(
        _ names: [String],
        of day: Day,
        in folder: OpenFile,
        root: OpenFile
    ) throws(TallyFolder.Failure) {
        var gone = names
        let temporary = try told { () throws(Failure) in
            var merge = try DayMerge(names, of: day, in: folder, tree: self)
            defer { merge.close() }
            gone += merge.replaced
            return try writeTemporary(in: root) { file throws(Failure) in
                try write(&merge, replacing: Set(gone).sorted(), to: file)
            }
        }
        var isPublished = false
        defer {
            if !isPublished { try? root.remove(temporary.name) }
            temporary.file.close()
        }
        isPublished = try withLock(Self.lockName, in: root) { () throws(Failure) in
            // The day may have been removed meanwhile, and begun anew: what was reported must not come back.
            guard let day = try openDay(day), Set(names).isSubset(of: try segments(of: day)) else { return false }
            try root.rename(temporary.name, to: Self.segmentName(isMerged: true), in: day)
            try day.sync()
            return true
        }
        guard isPublished else { return }
        // They count no longer: what is left of them after a crash is removed next time.
        try told { () throws(Failure) in for name in names { try folder.remove(name) } }
    }

    private func write(_ merge: inout DayMerge, replacing names: [String], to file: OpenFile) throws(Failure) {
        var pending = names.flatMap(TallyLine.replacing)
        while let (_, tally) = try merge.next() {
            pending += tally.text
            if pending.count >= 65_536 {
                try file.write(pending)
                pending = []
            }
        }
        try file.write(pending + merge.overflow.text)
    }
}
