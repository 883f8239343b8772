// SPDX-License-Identifier: Apache-2.0

internal import STSCore
import Synchronization

/// What a scripted transport answers by key, and what it was asked.
final class Script<Key: Hashable & Sendable, Step: Sendable>: Sendable {
    private struct Entry {
        var once: [Step] = []
        var always: Step?
        var count = 0
        var isHeld = false
        var held: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var asked: [Key] = []
        var counter = 0
        var watchers: [(name: Key, count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Lock(State())

    func set(_ step: Step, for name: Key) { state.withLock { $0.entries[name, default: Entry()].always = step } }

    func append(_ step: Step, for name: Key) {
        state.withLock { $0.entries[name, default: Entry()].once.append(step) }
    }

    var asked: [Key] { state.withLock { $0.asked } }

    func count(of name: Key) -> Int { state.withLock { $0.entries[name]?.count ?? 0 } }

    func hold(_ name: Key) { state.withLock { $0.entries[name, default: Entry()].isHeld = true } }

    func release(_ name: Key) {
        let held = state.withLock { state in
            state.entries[name]?.isHeld = false
            defer { state.entries[name]?.held = [:] }
            return Array((state.entries[name]?.held ?? [:]).values)
        }
        for continuation in held { continuation.resume() }
    }

    /// Returns once `name` was asked for `count` times in all.
    func waitUntilAsked(_ name: Key, _ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.entries[name]?.count ?? 0 >= count { return true }
                state.watchers.append((name, count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Counts a question and gives its answer; nil if none is set. It waits while the name is held.
    func step(for name: Key) async -> Step? {
        let (step, watchers) = state.withLock { state -> (Step?, [CheckedContinuation<Void, Never>]) in
            state.asked.append(name)
            var entry = state.entries[name, default: Entry()]
            entry.count += 1
            let step = entry.once.isEmpty ? entry.always : entry.once.removeFirst()
            state.entries[name] = entry
            let satisfied = state.watchers.filter { $0.name == name && $0.count <= entry.count }
            state.watchers.removeAll { $0.name == name && $0.count <= entry.count }
            return (step, satisfied.map(\.continuation))
        }
        for watcher in watchers { watcher.resume() }
        await waitWhileHeld(name)
        return step
    }

    /// Returns once the name is released, or the task is cancelled.
    private func waitWhileHeld(_ name: Key) async {
        let number = state.withLock { state in
            state.counter += 1
            return state.counter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isFree = state.withLock { state in
                    guard state.entries[name]?.isHeld == true, !Task.isCancelled else { return true }
                    state.entries[name]?.held[number] = continuation
                    return false
                }
                if isFree { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.entries[name]?.held.removeValue(forKey: number) }?.resume()
        }
    }
}
