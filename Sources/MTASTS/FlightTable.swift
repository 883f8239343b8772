// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Runs one piece of work per key, however many callers wait for it.
///
/// A flight belongs to the table: a caller that is cancelled leaves it to the others, and when the last has left it is
/// cancelled itself. No lock is held while anything is awaited.
final class FlightTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Flight {
        let number: UInt64
        var task: Task<Void, Never>?
        var waiters: [UInt64: CheckedContinuation<Value?, Never>] = [:]
        /// Whether the flight goes on without waiters.
        var isKept: Bool
    }

    private struct State {
        var flights: [Key: Flight] = [:]
        var counter: UInt64 = 0
    }

    private enum Entry {
        case joined
        case started(UInt64)
        case cancelled
        case full
    }

    private let state = Lock(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    /// How many flights there are.
    var flightCount: Int { state.withLock { $0.flights.count } }

    /// How many callers wait, in all flights.
    var waiterCount: Int { state.withLock { $0.flights.values.reduce(0) { $0 + $1.waiters.count } } }

    /// Whether there is a flight for `key` that goes on without waiters.
    func isUnattended(_ key: Key) -> Bool { state.withLock { $0.flights[key]?.isKept ?? false } }

    /// The value of the flight for `key`, started if there is none; nil if there are too many flights.
    ///
    /// - Throws: `CancellationError` as soon as the caller's task is cancelled.
    func value(for key: Key, _ work: @escaping @Sendable () async -> Value) async throws -> Value? {
        let waiter = state.withLock { state in
            state.counter &+= 1
            return state.counter
        }
        let isFull = Lock(false)
        let value = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                switch enter(key, waiter, continuation) {
                case .joined: break
                case .started(let number): start(key, number, work)
                case .cancelled: continuation.resume(returning: nil)
                case .full:
                    isFull.withLock { $0 = true }
                    continuation.resume(returning: nil)
                }
            }
        } onCancel: {
            leave(key, waiter)
        }
        if let value { return value }
        if isFull.withLock({ $0 }) { return nil }
        throw CancellationError()
    }

    /// Starts the flight for `key` if there is none, to go on without waiters.
    ///
    /// - Returns: Whether there is such a flight now; false if there are too many.
    func startUnattended(_ key: Key, _ work: @escaping @Sendable () async -> Value) -> Bool {
        let entry: Entry = state.withLock { state in
            if state.flights[key] != nil {
                state.flights[key]?.isKept = true
                return .joined
            }
            guard state.flights.count < capacity else { return .full }
            state.counter &+= 1
            state.flights[key] = Flight(number: state.counter, isKept: true)
            return .started(state.counter)
        }
        switch entry {
        case .started(let number):
            start(key, number, work)
            return true
        case .joined: return true
        case .cancelled, .full: return false
        }
    }

    private func enter(_ key: Key, _ waiter: UInt64, _ continuation: CheckedContinuation<Value?, Never>) -> Entry {
        state.withLock { state in
            // The handler of a task cancelled before this point has run already and found nobody to resume.
            if Task.isCancelled { return .cancelled }
            if state.flights[key] != nil {
                state.flights[key]?.waiters[waiter] = continuation
                return .joined
            }
            guard state.flights.count < capacity else { return .full }
            state.counter &+= 1
            state.flights[key] = Flight(number: state.counter, waiters: [waiter: continuation], isKept: false)
            return .started(state.counter)
        }
    }

    private func start(_ key: Key, _ number: UInt64, _ work: @escaping @Sendable () async -> Value) {
        let task = Task { finish(key, number, await work()) }
        let isGone = state.withLock { state in
            guard state.flights[key]?.number == number else { return true }
            state.flights[key]?.task = task
            return false
        }
        // Its waiters left before it was noted, or it has finished; to cancel a finished task does nothing.
        if isGone { task.cancel() }
    }

    private func finish(_ key: Key, _ number: UInt64, _ value: Value) {
        let waiters = state.withLock { state -> [CheckedContinuation<Value?, Never>] in
            guard state.flights[key]?.number == number else { return [] }
            return state.flights.removeValue(forKey: key).map { Array($0.waiters.values) } ?? []
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    private func leave(_ key: Key, _ waiter: UInt64) {
        let (continuation, task) = state.withLock {
            state -> (CheckedContinuation<Value?, Never>?, Task<Void, Never>?) in
            guard let continuation = state.flights[key]?.waiters.removeValue(forKey: waiter) else { return (nil, nil) }
            guard let flight = state.flights[key], flight.waiters.isEmpty, !flight.isKept else {
                return (continuation, nil)
            }
            // Out of the table at once: who comes next starts anew instead of joining what is being cancelled.
            state.flights[key] = nil
            return (continuation, flight.task)
        }
        continuation?.resume(returning: nil)
        task?.cancel()
    }
}
