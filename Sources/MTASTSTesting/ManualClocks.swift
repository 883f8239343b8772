// SPDX-License-Identifier: Apache-2.0

internal import PolicyCache
public import STSCore
import Synchronization

/// A wall clock that is set by hand, forward or back.
public final class ManualWallClock: WallClock {
    private let moment: Lock<UnixTime>

    /// A clock that shows a moment, by default 2026-01-01T00:00:00Z.
    public init(_ now: UnixTime = UnixTime(secondsSinceEpoch: 1_767_225_600)) { moment = Lock(now) }

    /// The present moment.
    public var now: UnixTime { moment.withLock { $0 } }

    /// Moves the clock by a number of seconds, back if negative.
    public func advance(bySeconds seconds: Int64) {
        moment.withLock { $0 = $0.advanced(bySeconds: seconds) }
    }
}

/// A monotonic clock that moves only when a test moves it.
public final class ManualMonotonicClock: MonotonicClock {
    private struct Sleeper {
        let deadline: MonotonicTime
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var now: MonotonicTime
        var counter = 0
        var sleepers: [Int: Sleeper] = [:]
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

        /// Takes out the watchers that wait for no more sleepers than there are.
        mutating func satisfiedWatchers() -> [CheckedContinuation<Void, Never>] {
            let count = sleepers.count
            let satisfied = watchers.filter { $0.count <= count }.map(\.continuation)
            watchers.removeAll { $0.count <= count }
            return satisfied
        }
    }

    private let state: Lock<State>

    /// A clock that shows a moment, by default its origin.
    public init(_ now: MonotonicTime = MonotonicTime(nanoseconds: 0)) { state = Lock(State(now: now)) }

    /// The present moment.
    public var now: MonotonicTime { state.withLock { $0.now } }

    /// Moves the clock, and wakes those whose time has come. A negative duration moves nothing.
    public func advance(by duration: Duration) {
        let woken = state.withLock { state in
            let next = state.now.advanced(by: duration)
            if next > state.now { state.now = next }
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for key in due.keys { state.sleepers[key] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume(returning: true) }
    }

    /// Returns once `deadline` has come by ``advance(by:)``.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    public func sleep(until deadline: MonotonicTime) async throws {
        let number = state.withLock { state in
            state.counter += 1
            return state.counter
        }
        let isDue = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let (isOver, watchers) = state.withLock { state -> (Bool?, [CheckedContinuation<Void, Never>]) in
                    if Task.isCancelled { return (false, []) }
                    if deadline <= state.now { return (true, []) }
                    state.sleepers[number] = Sleeper(deadline: deadline, continuation: continuation)
                    return (nil, state.satisfiedWatchers())
                }
                if let isOver { continuation.resume(returning: isOver) }
                for watcher in watchers { watcher.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: number) }?.continuation.resume(returning: false)
        }
        if !isDue { throw CancellationError() }
    }

    /// Returns once at least `count` tasks sleep on this clock, so that a test can move it without a race.
    public func waitForSleepers(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
