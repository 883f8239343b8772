// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import PolicyCache
public import STSCore
import Synchronization
public import TLSRPT

/// Keeps what was counted of sessions in a folder until the day's reports are made of it (RFC 8460 section 4.1).
///
/// Each flush is a file of its own, written under another name, brought to the disk, renamed, and the folder brought
/// to the disk: after a crash at any moment it is there as a whole or not at all. Several processes may share the
/// folder, if it is on a local file system; files of other hosts may be copied into a day's folder, under another
/// name than `*.tally` until they are complete. Copy each as a file of its own: lines are read in their order, and
/// those of a second file put behind a first one count as damaged. Lines that are damaged cost no others.
///
/// ```swift
/// let folder = try TallyFolder(directory: "/var/lib/example/tlsrpt")
/// async let flushing: Void = folder.run(flushing: counter, clock: SystemMonotonicClock())
/// // at the day's end
/// let part = try await folder.part(of: day)
/// try await folder.forEachDomain(on: day) { domain, tally in
///     let report = tally.report(for: day, domain: domain, from: sender, part: part)
/// }
/// try await folder.remove(day)
/// ```
///
/// What is in the folder tells who mails whom: only its owner can enter it.
public final class TallyFolder: Sendable {
    private let tree: SegmentTree
    // A flush does not wait for a day's merge.
    let writer = DispatchQueue(label: "mta-sts.tally.write")
    let reader = DispatchQueue(label: "mta-sts.tally.read")
    private let report: @Sendable (Problem) -> Void

    /// Opens a folder, and removes what a crash may have left half-written. It blocks while it does.
    ///
    /// - Parameters:
    ///   - directory: The path of the folder. If it is missing it is made, for its owner alone; the folder above it
    ///     must exist.
    ///   - limits: The bounds for each domain and day, as those of a counter.
    ///   - reportProblem: Is told of what is wrong and stops nothing, on any thread.
    public init(
        directory: String,
        limits: SessionLimits = SessionLimits(),
        reportProblem: (@Sendable (Problem) -> Void)? = nil
    ) throws(Failure) {
        guard !directory.isEmpty, !directory.utf8.contains(0) else {
            throw Failure(call: "open", path: directory, reason: "this is no path: name a folder")
        }
        // The process may change its current folder later.
        let base = directory.hasPrefix("/") ? "" : (OpenFile.currentFolder() ?? ".") + "/"
        report = reportProblem ?? { _ in }
        let tree = SegmentTree(root: base + directory, limits: limits, report: report)
        try tree.told { () throws(SegmentTree.Failure) in try tree.prepare() }
        self.tree = tree
    }

    /// Writes a tally; on return it is on the disk.
    ///
    /// - Throws: ``Failure``; then what was written of it was removed again. Only where the disk fails that as well may
    ///   some of it have stayed, and count twice if it is written again.
    public func append(_ tally: SessionTally) async throws {
        if tally.isEmpty { return }
        try await run(on: writer) { tree throws(Failure) in try tree.append(tally) }
    }

    /// Writes what a counter has counted; on return it is on the disk.
    ///
    /// - Throws: ``Failure``; then the counter holds it again.
    public func flush(_ counter: SessionCounter) async throws {
        let tally = counter.drain()
        do {
            try await append(tally)
        } catch {
            counter.restore(tally)
            throw error
        }
    }

    /// Flushes a counter again and again until the task is cancelled, and then once more. Failures are told as
    /// ``Problem``.
    ///
    /// - Parameters:
    ///   - counter: The counter.
    ///   - interval: The time from one flush to the next, which is what a crash loses at most.
    ///   - clock: Tells the time that passes.
    public func run(
        flushing counter: SessionCounter,
        every interval: Duration = .seconds(60),
        clock: any MonotonicClock
    ) async {
        var due = clock.now.advanced(by: interval)
        while (try? await clock.sleep(until: due)) != nil {
            await flushAndTell(counter)
            await tidyUp()
            due = max(due.advanced(by: interval), clock.now)
        }
        await flushAndTell(counter)
    }

    private func flushAndTell(_ counter: SessionCounter) async {
        do {
            try await flush(counter)
        } catch let failure as Failure {
            report(.flushFailed(failure))
        } catch {
            report(.flushFailed(Failure(call: "flush", path: tree.root, reason: "\(error)")))
        }
    }

    /// Puts segments together where a day has very many.
    private func tidyUp() async {
        await tellingUpkeep {
            for day in try await days() {
                // One day's trouble is not another's.
                await tellingUpkeep {
                    try await run(on: reader) { tree throws(Failure) in
                        try tree.compact(day, above: SegmentTree.fanIn * 2, patience: .zero)
                    }
                }
            }
        }
    }

    private func tellingUpkeep(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch let failure as Failure {
            report(.upkeepFailed(failure))
        } catch {
            report(.upkeepFailed(Failure(call: "compact", path: tree.root, reason: "\(error)")))
        }
    }

    /// The days with sessions, in order.
    public func days() async throws -> [ReportDay] {
        try await run(on: reader) { tree throws(Failure) in
            try tree.told { () throws(SegmentTree.Failure) in try tree.days() }
        }
    }

    /// Puts the segments of a day together if there are more than a number of them. Sessions neither come nor go.
    public func compact(_ day: ReportDay, above count: Int = 1) async throws {
        try await run(on: reader) { tree throws(Failure) in try tree.compact(day, above: count) }
    }

    /// Gives the sessions of a day, domain by domain in order, with no more than a few domains in memory.
    ///
    /// - Returns: The sessions that were counted without their domain, since there were too many domains.
    @discardableResult
    public func forEachDomain(
        on day: ReportDay,
        _ body: (DomainName, SessionTally) async throws -> Void
    ) async throws -> SessionTotals {
        let merge = SharedMerge()
        try await run(on: reader) { tree throws(Failure) in try merge.open(day, tree: tree) }
        do {
            while let next = try await run(on: reader, { tree throws(Failure) in try merge.next(tree) }) {
                try await body(next.domain, next.tally)
            }
        } catch {
            try? await run(on: reader) { _ throws(Failure) in _ = merge.close() }
            throw error
        }
        let overflow = try await run(on: reader) { _ throws(Failure) in merge.close() }
        return overflow.overflow(on: day)
    }

    /// Removes a day whose reports are made, in one step. Sessions of that day that are flushed later begin it anew, and
    /// make reports that need names of their own: see ``part(of:)``. What was flushed since the day was read is removed
    /// with it; ``TallyReports`` tells of that.
    public func remove(_ day: ReportDay) async throws {
        try await run(on: writer) { tree throws(Failure) in try tree.remove(day) }
    }

    /// Which part of a day's sessions the folder holds: 1, and one more for each time that the day was removed. It
    /// belongs into the names of the reports (``TLSRPT/ReportSender/reportID(for:domain:part:)``). The last 100 days that
    /// were removed are known.
    public func part(of day: ReportDay) async throws -> Int {
        try await run(on: reader) { tree throws(Failure) in
            try tree.told { () throws(SegmentTree.Failure) in try tree.removals(of: day) + 1 }
        }
    }

    func tell(_ problem: Problem) { report(problem) }

    func run<Result: Sendable>(
        on queue: DispatchQueue,
        _ body: @escaping @Sendable (SegmentTree) throws(Failure) -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [tree] in
                do throws(Failure) {
                    continuation.resume(returning: try body(tree))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}

/// A merge that goes on from one call to the next.
private final class SharedMerge: Sendable {
    struct Domain: Sendable {
        let domain: DomainName
        let tally: SessionTally
    }

    private let state = Lock<DayMerge?>(nil)

    func open(_ day: ReportDay, tree: SegmentTree) throws(TallyFolder.Failure) {
        try state.withLock { state throws(TallyFolder.Failure) in state = try tree.openMerge(of: day) }
    }

    func next(_ tree: SegmentTree) throws(TallyFolder.Failure) -> Domain? {
        try state.withLock { state throws(TallyFolder.Failure) in
            try tree.told { () throws(SegmentTree.Failure) in
                try state?.next().map { Domain(domain: $0.domain, tally: $0.tally) }
            }
        }
    }

    /// Ends the merge and gives the sessions without their domain.
    func close() -> SessionTally {
        state.withLock { state in
            let overflow = state?.overflow ?? SessionTally()
            state?.close()
            state = nil
            return overflow
        }
    }
}
