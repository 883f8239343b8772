// SPDX-License-Identifier: Apache-2.0

internal import STSCore
import Synchronization
internal import TLSRPT

/// Lets one report at a time go to a destination, and remembers for a while which destinations could not be reached.
final class DestinationGate: Sendable {
    typealias Destination = TLSReportingRecord.Destination

    private struct State {
        var busy: Set<Destination> = []
        var waiting: [Destination: [(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)]] = [:]
        var counter: UInt64 = 0
        var trouble: [Destination: (until: MonotonicTime, reason: String)] = [:]
    }

    /// The most destinations that are remembered as unreachable.
    private static let maximumTrouble = 4_096

    private let state = Lock(State())

    /// Returns once the destination is the caller's, who must then leave it.
    ///
    /// - Throws: `CancellationError` if the task is cancelled; then the destination is not the caller's.
    func enter(_ destination: Destination) async throws {
        let ticket = state.withLock { state in
            state.counter &+= 1
            return state.counter
        }
        let isAdmitted = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.busy.insert(destination).inserted { return true }
                    state.waiting[destination, default: []].append((ticket, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let given: CheckedContinuation<Bool, Never>? = state.withLock { state in
                guard let index = state.waiting[destination]?.firstIndex(where: { $0.ticket == ticket }) else {
                    return nil
                }
                return state.waiting[destination]?.remove(at: index).continuation
            }
            given?.resume(returning: false)
        }
        if !isAdmitted { throw CancellationError() }
    }

    /// Passes a destination on to the one who has waited longest.
    func leave(_ destination: Destination) {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard let first = state.waiting[destination]?.first else {
                state.waiting[destination] = nil
                state.busy.remove(destination)
                return nil
            }
            state.waiting[destination]?.removeFirst()
            return first.continuation
        }
        next?.resume(returning: true)
    }

    /// Why a destination could not be reached a moment ago, nil if nothing is known against it.
    func trouble(at destination: Destination, now: MonotonicTime) -> String? {
        state.withLock { state in
            guard let entry = state.trouble[destination] else { return nil }
            if now < entry.until { return entry.reason }
            state.trouble[destination] = nil
            return nil
        }
    }

    func noteTrouble(_ reason: String, at destination: Destination, until: MonotonicTime, now: MonotonicTime) {
        state.withLock { state in
            if state.trouble.count >= Self.maximumTrouble {
                state.trouble = state.trouble.filter { now < $0.value.until }
            }
            guard state.trouble.count < Self.maximumTrouble else { return }
            state.trouble[destination] = (until, String(reason.prefix(200)))
        }
    }
}
