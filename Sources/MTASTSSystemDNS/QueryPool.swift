// SPDX-License-Identifier: Apache-2.0

import CMTASTSResolver
import MTASTS
import Synchronization

/// Runs blocking work on threads of its own, so that the threads of Swift's tasks are never blocked.
///
/// A thread begins when there is work for it and ends when there is no more: an idle pool has none. Work beyond the
/// threads waits in order; beyond the places to wait it is refused.
final class QueryPool: Sendable {
    /// The work: it blocks, and returns soon after the descriptor that it is given becomes readable or is hung up.
    typealias Work = @Sendable (Int32) -> Result<[UInt8], any Error>

    private struct State {
        var threads = 0
        var performing = 0
        /// What waits, by ticket; tickets are given out in order, so the smallest is next.
        var waiting: [UInt64: Job] = [:]
        var tickets: [ObjectIdentifier: UInt64] = [:]
        var firstTicket: UInt64 = 0
        var nextTicket: UInt64 = 0
    }

    private let maximumThreads: Int
    private let capacity: Int
    private let state = Lock(State())

    init(maximumThreads: Int, maximumQueued: Int) {
        self.maximumThreads = maximumThreads
        self.capacity = maximumThreads + maximumQueued
    }

    /// How many threads there are.
    var threadCount: Int { state.withLock { $0.threads } }

    /// How much work has not ended, and was not cancelled before it began.
    var load: Int { state.withLock { $0.performing + $0.waiting.count } }

    /// The result of the work.
    ///
    /// - Throws: ``DNSFailure`` with code `overloaded` at once if there is no place; `CancellationError` as soon as
    ///   the task is cancelled. Work that has not begun by then never does.
    func run(_ work: @escaping Work) async throws -> [UInt8] {
        let job = Job(work)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard job.await(continuation) else {
                    continuation.resume(throwing: CancellationError())
                    return
                }
                if let failure = admit(job) { job.finish(.failure(failure)) }
                // Cancelled in between, it would keep its place for nothing.
                if job.isOver { forget(job) }
            }
        } onCancel: {
            job.cancel()
            forget(job)
        }
    }

    private func admit(_ job: Job) -> DNSFailure? {
        let needsThread: Bool? = state.withLock { state in
            let load = state.performing + state.waiting.count
            guard load < capacity else { return nil }
            state.waiting[state.nextTicket] = job
            state.tickets[ObjectIdentifier(job)] = state.nextTicket
            state.nextTicket += 1
            guard state.threads < maximumThreads, state.threads <= load else { return false }
            state.threads += 1
            return true
        }
        guard let needsThread else { return DNSFailure(.overloaded) }
        guard needsThread, !startThread() else { return nil }
        let isLast = state.withLock { state in
            state.threads -= 1
            return state.threads == 0
        }
        // Without any thread nothing would ever take the work from the queue.
        guard isLast else { return nil }
        forget(job)
        return DNSFailure(.overloaded, detail: "no thread can be started")
    }

    private func startThread() -> Bool {
        let context = Unmanaged.passRetained(self)
        let error = mtasts_start_thread(
            { context in
                // `startThread` passed the pool retained, and a thread takes it once.
                guard let context else { return }
                Unmanaged<QueryPool>.fromOpaque(context).takeRetainedValue().serve()
            },
            context.toOpaque()
        )
        guard error != 0 else { return true }
        context.release()
        return false
    }

    private func serve() {
        var hasPerformed = false
        while let job = next(hasPerformed: hasPerformed) {
            job.perform()
            hasPerformed = true
        }
    }

    private func next(hasPerformed: Bool) -> Job? {
        state.withLock { state in
            if hasPerformed { state.performing -= 1 }
            while state.firstTicket < state.nextTicket {
                let job = state.waiting.removeValue(forKey: state.firstTicket)
                state.firstTicket += 1
                guard let job else { continue }
                state.tickets[ObjectIdentifier(job)] = nil
                state.performing += 1
                return job
            }
            state.threads -= 1
            return nil
        }
    }

    private func forget(_ job: Job) {
        state.withLock { state in
            guard let ticket = state.tickets.removeValue(forKey: ObjectIdentifier(job)) else { return }
            state.waiting[ticket] = nil
        }
    }
}

/// One piece of work and the task that waits for it.
private final class Job: Sendable {
    private enum Phase {
        case new
        case waiting(CheckedContinuation<[UInt8], any Error>)
        case over
    }

    private struct State {
        var phase = Phase.new
        /// What is closed to interrupt the work, while it goes on.
        var signal: Int32 = -1

        /// Ends the job: the continuation, if it has not been resumed, is the caller's to resume.
        mutating func end() -> CheckedContinuation<[UInt8], any Error>? {
            if signal >= 0 { mtasts_close(signal) }
            signal = -1
            defer { phase = .over }
            if case .waiting(let continuation) = phase { return continuation }
            return nil
        }
    }

    private let work: QueryPool.Work
    private let state = Lock(State())

    init(_ work: @escaping QueryPool.Work) { self.work = work }

    var isOver: Bool {
        state.withLock { state in
            if case .over = state.phase { true } else { false }
        }
    }

    /// Takes the continuation, unless the job was cancelled already.
    func await(_ continuation: CheckedContinuation<[UInt8], any Error>) -> Bool {
        state.withLock { state in
            guard case .new = state.phase else { return false }
            state.phase = .waiting(continuation)
            return true
        }
    }

    func finish(_ result: Result<[UInt8], any Error>) {
        state.withLock { $0.end() }?.resume(with: result)
    }

    func cancel() {
        state.withLock { $0.end() }?.resume(throwing: CancellationError())
    }

    /// Does the work on this thread, unless the job is over.
    func perform() {
        var waiting: Int32 = -1
        var signal: Int32 = -1
        // Without descriptors to spare the work cannot be interrupted, and ends by its own time limit.
        if mtasts_make_signal(&waiting, &signal) != 0 {
            waiting = -1
            signal = -1
        }
        defer { if waiting >= 0 { mtasts_close(waiting) } }
        let isWanted = state.withLock { state in
            guard case .waiting = state.phase else { return false }
            state.signal = signal
            return true
        }
        guard isWanted else {
            if signal >= 0 { mtasts_close(signal) }
            return
        }
        finish(work(waiting))
    }
}
