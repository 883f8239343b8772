// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Runs tasks on the thread that calls ``run(_:)``.
///
/// An asynchronous `main` leaves the first thread and goes on in others, under which callgrind of Debian 12 crashes; and
/// what one thread does is counted the same each time.
final class MainThread: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])
    private let waiting = DispatchSemaphore(value: 0)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        waiting.signal()
    }

    /// Runs `body` and what it waits for, to the end.
    func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
        let outcome = Mutex<Swift.Result<Result, any Error>?>(nil)
        Task(executorPreference: self) {
            do {
                let value = try await body()
                outcome.withLock { $0 = .success(value) }
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
            self.waiting.signal()
        }
        while true {
            waiting.wait()
            while let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
                job.runSynchronously(on: asUnownedTaskExecutor())
            }
            if let outcome = outcome.withLock({ $0 }) { return try outcome.get() }
        }
    }
}
