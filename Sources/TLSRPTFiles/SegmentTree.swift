// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
internal import STSCore
internal import TLSRPT

/// The folders and files of a tally folder. Its methods block: ``TallyFolder`` calls them on threads of its own.
///
/// ```
/// 2026-11-25/             a UTC day
///     s-<time>-<16 digits>.tally   a segment: lines in order, never changed once it has its name
///     m-<time>-<16 digits>.tally   several segments put together; it begins with their names
///     finished        the domains whose report is done with, a line each
/// .lock                   locked while a segment gets its name, and while a day is removed
/// .compacting             locked while segments are put together
/// .removals-2026-11-25    an octet for each time the day was removed
/// .tmp-<16 digits>        a segment being written, locked by its writer
/// .removed-<16 digits>    a day being removed
/// damaged/                lines that could not be read
/// ```
///
/// A merged segment names those in it, so that it takes their place the moment it gets its name, whenever they are
/// removed, and should one of them be copied here again.
struct SegmentTree: Sendable {
    typealias Failure = OpenFile.Failure
    typealias Day = ReportDay

    static let suffix = ".tally"
    static let temporaryPrefix = ".tmp-"
    static let removedPrefix = ".removed-"
    static let lockName = ".lock"
    static let compactionLockName = ".compacting"
    static let damagedFolder = "damaged"
    static let lockPatience = Duration.seconds(5)
    /// Who reads a day waits longer for another process that puts its segments together.
    static let readingPatience = Duration.seconds(60)
    /// Before a day: how often it was removed, an octet each time.
    static let removalsPrefix = ".removals-"
    /// How many days' removals are known; those of older ones are forgotten.
    static let maximumRemovals = 100
    /// How many files with damaged lines are kept; older ones are removed.
    static let maximumDamaged = 100

    /// The absolute path of the folder.
    let root: String
    let limits: SessionLimits
    let report: @Sendable (TallyFolder.Problem) -> Void

    static func randomDigits() -> String {
        OpenFile.padded(String(UInt64.random(in: .min ... .max), radix: 16), to: 16)
    }

    /// A name no other segment has or will have; names of one host sort by time.
    static func segmentName(isMerged: Bool) -> String {
        "\(isMerged ? "m" : "s")-\(OpenFile.timeDigits())-\(randomDigits())\(suffix)"
    }

    func openRoot() throws(Failure) -> OpenFile { try OpenFile.folder(at: root, path: root, followLinks: true) }

    /// Opens a day's folder; nil if there is none.
    func openDay(_ day: Day) throws(Failure) -> OpenFile? {
        do throws(Failure) {
            return try OpenFile.folder(at: "\(root)/\(day)", path: "\(day)")
        } catch {
            if error.errorNumber == OpenFile.Number.missing { return nil }
            throw error
        }
    }

    /// Makes the folder if it is missing, tries to write in it, and clears what a crash has left.
    func prepare() throws(Failure) {
        try OpenFile.makeFolder(root, path: root)
        let folder = try openRoot()
        let temporary = try writeTemporary(in: folder) { _ throws(Failure) in }
        try folder.remove(temporary.name)
        temporary.file.close()
        for name in try folder.names() {
            if name.hasPrefix(Self.temporaryPrefix) { sweep(name, in: folder) }
            if name.hasPrefix(Self.removedPrefix) { try? removeFolder(name, in: folder) }
        }
    }

    private func sweep(_ name: String, in folder: OpenFile) {
        // One that is locked has a writer; one that is gone has been renamed.
        guard let file = try? folder.open(name, for: .reading), (try? file.tryLock()) == true else { return }
        try? folder.remove(name)
    }

    /// Calls `body` while nobody else holds a lock of the folder. A crash ends a lock.
    func withLock<Result>(
        _ name: String,
        in folder: OpenFile,
        _ body: () throws(Failure) -> Result
    ) throws(TallyFolder.Failure) -> Result {
        let lock = try lock(name, in: folder, patience: Self.lockPatience)
        // Closing is what gives the lock up.
        defer { lock.close() }
        return try told(body)
    }

    /// Takes a lock of the folder; closing it gives it up.
    func lock(_ name: String, in folder: OpenFile, patience: Duration) throws(TallyFolder.Failure) -> OpenFile {
        let lock = try told { () throws(Failure) in try folder.open(name, for: .lock) }
        let deadline = ContinuousClock.now + patience
        var pause: UInt32 = 200
        while !(try told { () throws(Failure) in try lock.tryLock() }) {
            guard ContinuousClock.now < deadline else {
                lock.close()
                throw TallyFolder.Failure(call: "flock", path: name, reason: "another process holds the lock")
            }
            OpenFile.pause(microseconds: UInt32.random(in: pause / 2...pause))
            pause = min(pause * 2, 10_000)
        }
        return lock
    }

    /// Calls `body` and gives its error in the terms of this module.
    func told<Result>(_ body: () throws(Failure) -> Result) throws(TallyFolder.Failure) -> Result {
        do throws(Failure) { return try body() } catch { throw TallyFolder.Failure(error) }
    }

    /// Writes a file under a name of its own and waits until it is on the disk. It stays locked while it is open.
    func writeTemporary(
        in folder: OpenFile,
        _ body: (OpenFile) throws(Failure) -> Void
    ) throws(Failure) -> (file: OpenFile, name: String) {
        while true {
            let name = Self.temporaryPrefix + Self.randomDigits()
            let file = try folder.open(name, for: .new)
            do throws(Failure) {
                // A sweep that came in between making and locking has removed the file, or is about to.
                guard try file.tryLock(), try file.status().links > 0 else { continue }
                try body(file)
                try file.sync()
                return (file, name)
            } catch {
                try? folder.remove(name)
                throw error
            }
        }
    }
}
