// SPDX-License-Identifier: Apache-2.0

import MTASTS
import Synchronization
import Testing

@testable import MTASTSSystemDNS

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Waits until a condition holds, which another thread brings about; false after ten seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(120)
    while !condition() {
        guard ContinuousClock.now < end else { return false }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return true
}

/// Work that blocks its thread until it is interrupted.
@Sendable private func blocked(_ cancelDescriptor: Int32) -> Result<[UInt8], any Error> {
    var descriptor = pollfd(fd: cancelDescriptor, events: Int16(POLLIN), revents: 0)
    while poll(&descriptor, 1, -1) < 0 {}
    return .failure(CancellationError())
}

/// What work writes down, and what it waits for.
private final class Recorder: Sendable {
    let order = Mutex<[Int]>([])
    let isReleased = Atomic(false)
}

struct QueryPoolTests {
    @Test func returnsTheResultAndKeepsNoThread() async throws {
        let pool = QueryPool(maximumThreads: 2, maximumQueued: 0)
        #expect(try await pool.run { _ in .success([1]) } == [1])
        await #expect(throws: DNSFailure(.timeout)) { try await pool.run { _ in .failure(DNSFailure(.timeout)) } }
        #expect(await eventually { pool.threadCount == 0 })
    }

    @Test func whatFindsNoPlaceFailsAtOnce() async throws {
        let pool = QueryPool(maximumThreads: 2, maximumQueued: 3)
        let tasks = (0..<5).map { _ in Task { try await pool.run(blocked) } }
        #expect(await eventually { pool.load == 5 })
        #expect(pool.threadCount == 2)
        let start = ContinuousClock.now
        await #expect(throws: DNSFailure(.overloaded)) { try await pool.run { _ in .success([]) } }
        #expect(ContinuousClock.now - start < .seconds(1))
        for task in tasks { task.cancel() }
        for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
        #expect(await eventually { pool.threadCount == 0 && pool.load == 0 })
        #expect(try await pool.run { _ in .success([2]) } == [2])
    }

    @Test func aCancelledTaskInTheQueueGivesItsPlaceBackAndNeverRuns() async throws {
        let pool = QueryPool(maximumThreads: 1, maximumQueued: 1)
        let first = Task { try await pool.run(blocked) }
        #expect(await eventually { pool.load == 1 })
        let recorder = Recorder()
        for _ in 0..<100 {
            let queued = Task {
                try await pool.run { _ in
                    recorder.order.withLock { $0.append(0) }
                    return .success([])
                }
            }
            #expect(await eventually { pool.load == 2 })
            queued.cancel()
            await #expect(throws: CancellationError.self) { try await queued.value }
            #expect(pool.load == 1)
        }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(await eventually { pool.threadCount == 0 })
        #expect(recorder.order.withLock { $0.isEmpty })
    }

    @Test func aTaskCancelledBeforeItBeginsDoesNotRun() async {
        let pool = QueryPool(maximumThreads: 1, maximumQueued: 1)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await pool.run(blocked)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(pool.load == 0)
    }

    @Test func aCancelledTaskReturnsAlthoughItsThreadStaysBlocked() async {
        let pool = QueryPool(maximumThreads: 1, maximumQueued: 0)
        let recorder = Recorder()
        let task = Task {
            try await pool.run { _ in
                recorder.order.withLock { $0.append(0) }
                while !recorder.isReleased.load(ordering: .acquiring) { sched_yield() }
                return .success([])
            }
        }
        // It is at work: a task that still waits for its thread would leave none behind.
        #expect(await eventually { recorder.order.withLock(\.count) == 1 })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(pool.threadCount == 1)
        recorder.isReleased.store(true, ordering: .releasing)
        #expect(await eventually { pool.threadCount == 0 })
    }

    @Test func workBeginsInOrder() async throws {
        let pool = QueryPool(maximumThreads: 1, maximumQueued: 50)
        let gate = Task { try await pool.run(blocked) }
        #expect(await eventually { pool.load == 1 })
        let recorder = Recorder()
        var tasks: [Task<[UInt8], any Error>] = []
        for index in 0..<50 {
            tasks.append(
                Task {
                    try await pool.run { _ in
                        recorder.order.withLock { $0.append(index) }
                        return .success([])
                    }
                }
            )
            #expect(await eventually { pool.load == index + 2 })
        }
        gate.cancel()
        for task in tasks { _ = try await task.value }
        #expect(recorder.order.withLock { $0 } == Array(0..<50))
    }

    /// Results, cancellations and refusals from many tasks at once: each task ends, and nothing is left.
    @Test func manyTasksAllEnd() async {
        let pool = QueryPool(maximumThreads: 4, maximumQueued: 100)
        var tasks: [Task<[UInt8], any Error>] = []
        for index in 0..<2000 {
            let isToCancel = index.isMultiple(of: 3)
            tasks.append(
                Task { try await pool.run { isToCancel ? blocked($0) : .success([]) } }
            )
            if isToCancel { tasks[index].cancel() }
        }
        var ends = 0
        for task in tasks {
            _ = await task.result
            ends += 1
        }
        #expect(ends == 2000)
        #expect(await eventually { pool.threadCount == 0 && pool.load == 0 })
    }
}
