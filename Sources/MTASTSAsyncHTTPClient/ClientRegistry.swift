// SPDX-License-Identifier: Apache-2.0

#if AsyncHTTPClient
import AsyncHTTPClient
import MTASTS
import Synchronization

/// The clients of the fetches under way, so that a shutdown can end them and wait for their connections.
final class ClientRegistry: Sendable {
    private struct State {
        var clients: [Int: HTTPClient] = [:]
        var nextTicket = 0
        var isShutDown = false
        var waiters: [CheckedContinuation<Void, Never>] = []

        mutating func takeWaitersIfIdle() -> [CheckedContinuation<Void, Never>] {
            guard clients.isEmpty else { return [] }
            defer { waiters = [] }
            return waiters
        }
    }

    private let state = Lock(State())

    /// Enters a client; nil after a shutdown.
    func add(_ client: HTTPClient) -> Int? {
        state.withLock { state in
            guard !state.isShutDown else { return nil }
            state.nextTicket += 1
            state.clients[state.nextTicket] = client
            return state.nextTicket
        }
    }

    /// Closes a client's connections, waits for that, and takes it off the list; `note` is called before, so that who
    /// waits for a shutdown finds it done.
    func close(_ client: HTTPClient, ticket: Int?, note: () -> Void) async {
        // It fails only if the client is shut down already.
        try? await client.shutdown()
        note()
        guard let ticket else { return }
        let waiters = state.withLock { state in
            state.clients[ticket] = nil
            return state.takeWaitersIfIdle()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Lets no client in any more, ends those under way and waits until all are closed.
    func shutdown() async {
        let clients = state.withLock { state in
            state.isShutDown = true
            return Array(state.clients.values)
        }
        for client in clients { try? await client.shutdown() }
        await withCheckedContinuation { continuation in
            let waiters = state.withLock { state in
                state.waiters.append(continuation)
                return state.takeWaitersIfIdle()
            }
            for waiter in waiters { waiter.resume() }
        }
    }
}
#endif
