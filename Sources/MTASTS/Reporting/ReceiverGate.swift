// SPDX-License-Identifier: Apache-2.0

internal import STSCore
import Synchronization

/// Lets one report at a time go to a receiver, and remembers for a while which receivers could not be reached.
///
/// A receiver is closed once it failed twice without a success between: one connection that breaks among thousands is no
/// outage, and must not hold the reports of all others up.
///
/// A receiver is what ``TLSReportingRecord/Destination/receiver`` names: a stranger may name one silent host by many
/// URLs.
final class ReceiverGate: Sendable {
    private struct State {
        var busy: Set<String> = []
        var waiting: [String: [(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)]] = [:]
        var counter: UInt64 = 0
        var trouble: [String: Trouble] = [:]
    }

    private struct Trouble {
        let reason: String
        /// Nothing goes there before that moment.
        let closedUntil: MonotonicTime
        /// A failure before that moment closes the receiver.
        let rememberedUntil: MonotonicTime
    }

    /// The most receivers that are remembered as unreachable.
    private static let maximumTrouble = 4_096

    private let state = Lock(State())

    /// Returns once the receiver is the caller's, who must then leave it.
    ///
    /// - Throws: `CancellationError` if the task is cancelled; then the receiver is not the caller's.
    func enter(_ receiver: String) async throws {
        let ticket = state.withLock { state in
            state.counter &+= 1
            return state.counter
        }
        let isAdmitted = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.busy.insert(receiver).inserted { return true }
                    state.waiting[receiver, default: []].append((ticket, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let given: CheckedContinuation<Bool, Never>? = state.withLock { state in
                guard let index = state.waiting[receiver]?.firstIndex(where: { $0.ticket == ticket }) else {
                    return nil
                }
                return state.waiting[receiver]?.remove(at: index).continuation
            }
            given?.resume(returning: false)
        }
        if !isAdmitted { throw CancellationError() }
    }

    /// Passes a receiver on to the one who has waited longest.
    func leave(_ receiver: String) {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard let first = state.waiting[receiver]?.first else {
                state.waiting[receiver] = nil
                state.busy.remove(receiver)
                return nil
            }
            state.waiting[receiver]?.removeFirst()
            return first.continuation
        }
        next?.resume(returning: true)
    }

    /// Why a receiver that is closed could not be reached, nil if it is not closed.
    func trouble(at receiver: String, now: MonotonicTime) -> String? {
        state.withLock { state in
            guard let trouble = state.trouble[receiver], now < trouble.closedUntil else { return nil }
            return trouble.reason
        }
    }

    /// Notes that a receiver could not be reached, and closes it for a pause unless that is its first failure.
    func noteTrouble(_ reason: String, at receiver: String, pause: Duration, now: MonotonicTime) {
        state.withLock { state in
            if state.trouble.count >= Self.maximumTrouble {
                state.trouble = state.trouble.filter { now < $0.value.rememberedUntil }
            }
            let known = state.trouble[receiver]
            guard known != nil || state.trouble.count < Self.maximumTrouble else { return }
            let failsAgain = known.map { now < $0.rememberedUntil } ?? false
            let closedUntil = failsAgain ? now.advanced(by: pause) : now
            state.trouble[receiver] = Trouble(
                reason: String(reason.prefix(200)),
                closedUntil: closedUntil,
                rememberedUntil: closedUntil.advanced(by: pause)
            )
        }
    }

    /// Notes that a receiver was reached.
    func noteSuccess(at receiver: String) { state.withLock { $0.trouble[receiver] = nil } }
}
