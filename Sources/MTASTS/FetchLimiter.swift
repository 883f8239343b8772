// SPDX-License-Identifier: Apache-2.0

internal import STSCore
import Synchronization

/// Lets a bounded number of fetches run at once; a bounded number waits its turn for a bounded time.
final class FetchLimiter: Sendable {
    private enum Outcome: Sendable { case admitted, refused, cancelled }

    private struct State {
        var running = 0
        var counter: UInt64 = 0
        var order: [UInt64] = []
        var first = 0
        var waiting: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
    }

    private let state = Lock(State())
    private let maximumRunning: Int
    private let maximumWaiting: Int
    private let patience: Duration
    private let clock: any MonotonicClock

    init(maximumRunning: Int, maximumWaiting: Int, patience: Duration, clock: any MonotonicClock) {
        self.maximumRunning = max(1, maximumRunning)
        self.maximumWaiting = max(0, maximumWaiting)
        self.patience = patience
        self.clock = clock
    }

    /// Runs `work` when there is room; nil if there was none within the time or too many wait already.
    ///
    /// - Throws: `CancellationError` if the task is cancelled while it waits.
    func run<Result: Sendable>(_ work: () async -> Result) async throws -> Result? {
        guard try await enter() else { return nil }
        let result = await work()
        leave()
        return result
    }

    private func enter() async throws -> Bool {
        let ticket: UInt64? = state.withLock { state in
            if state.running < maximumRunning {
                state.running += 1
                return nil
            }
            state.counter &+= 1
            return state.counter
        }
        guard let ticket else { return true }
        let deadline = clock.now.advanced(by: patience)
        let timer = Task { [clock] in
            try await clock.sleep(until: deadline)
            self.resume(ticket, .refused)
        }
        defer { timer.cancel() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { wait(ticket, until: deadline, $0) }
        } onCancel: {
            resume(ticket, .cancelled)
        }
        if outcome == .cancelled { throw CancellationError() }
        return outcome == .admitted
    }

    private func wait(
        _ ticket: UInt64,
        until deadline: MonotonicTime,
        _ continuation: CheckedContinuation<Outcome, Never>
    ) {
        let outcome: Outcome? = state.withLock { state in
            if Task.isCancelled { return .cancelled }
            if state.running < maximumRunning {  // room came up since
                state.running += 1
                return .admitted
            }
            // The timer may have run out before there was anybody to refuse.
            guard state.waiting.count < maximumWaiting, clock.now < deadline else { return .refused }
            state.waiting[ticket] = continuation
            // Tickets of those who gave up stay in the order until their turn; they must not pile up.
            if state.order.count > 2 * state.waiting.count + 64 {
                state.order = state.order[state.first...].filter { state.waiting[$0] != nil }
                state.first = 0
            }
            state.order.append(ticket)
            return nil
        }
        if let outcome { continuation.resume(returning: outcome) }
    }

    private func resume(_ ticket: UInt64, _ outcome: Outcome) {
        state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume(returning: outcome)
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            while state.first < state.order.count {
                let ticket = state.order[state.first]
                state.first += 1
                if let waiter = state.waiting.removeValue(forKey: ticket) {
                    if state.first > 1_024 {
                        state.order.removeFirst(state.first)
                        state.first = 0
                    }
                    return waiter  // the place passes on
                }
            }
            state.order.removeAll(keepingCapacity: true)
            state.first = 0
            state.running -= 1
            return nil
        }
        next?.resume(returning: .admitted)
    }
}
