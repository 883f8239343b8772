// SPDX-License-Identifier: Apache-2.0

#if CURL
import CMTASTSCURL
import MTASTS
import Synchronization

/// The thread that runs all transfers of a transport, by libcurl's multi interface.
final class TransferLoop: Sendable {
    /// An exchange that waits to be started.
    struct Job: Sendable {
        let id: Int
        let request: HTTPSRequest
        let endpoint: EndpointOverride.Endpoint?
        let userAgent: String
        let connectTimeout: Duration
        let trust: TrustStore
        let continuation: CheckedContinuation<HTTPResponse, any Error>
    }

    /// The most transfers at once, so that what strangers' names make us look up stays bounded.
    static let maximumTransfers = 1_024

    private enum Command {
        case start(Job)
        case cancel(Int)
    }

    /// A multi handle.
    ///
    /// Sendable unchecked, since two threads do share it and the compiler cannot know libcurl's rules. The only thing
    /// that any thread but the loop's own does with it is `curl_multi_wakeup`, which libcurl allows from every thread,
    /// and that under the lock of `State`, which the loop takes to withdraw the handle before it frees it. If no loop
    /// starts, `init` frees it, of which nobody has the object yet.
    private struct Multi: @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer
    }

    private struct State {
        var commands: [Command] = []
        var multi: Multi?
        var lastID = 0
        var isStopping = false
        var isFinished = false
        var waiters: [CheckedContinuation<Void, Never>] = []

        func wakeUp() {
            if let multi { mtasts_curl_multi_wakeup(multi.pointer) }
        }
    }

    private static let isReady = mtasts_curl_global_init()

    private let state = Lock(State())
    private let gate: ConnectionGate

    /// Starts the thread.
    init(gate: ConnectionGate) throws {
        guard Self.isReady, let multi = mtasts_curl_multi_new() else {
            throw CURLTransport.SetupError(description: "libcurl cannot be started")
        }
        self.gate = gate
        state.withLock { [multi = Multi(pointer: multi)] in $0.multi = multi }
        let context = Unmanaged.passRetained(self)
        let isRunning = mtasts_curl_start_thread(
            { Unmanaged<TransferLoop>.fromOpaque($0).takeRetainedValue().run() },
            context.toOpaque()
        )
        guard isRunning else {
            context.release()
            mtasts_curl_multi_free(multi)
            throw CURLTransport.SetupError(description: "there can be no more threads")
        }
    }

    /// A number for a new job.
    func nextID() -> Int {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// Starts a transfer; its continuation is resumed in any case.
    func start(_ job: Job) {
        let isAccepted = post(.start(job))
        if !isAccepted { job.continuation.resume(throwing: Self.shutDown) }
    }

    /// Ends a transfer with `CancellationError`, if it is still running.
    func cancel(_ id: Int) { _ = post(.cancel(id)) }

    /// Ends all transfers and the thread; returns at once.
    func stop() {
        state.withLock { state in
            state.isStopping = true
            state.wakeUp()
        }
    }

    /// Waits until the thread has ended.
    func waitUntilFinished() async {
        await withCheckedContinuation { continuation in
            let isFinished = state.withLock { state in
                if !state.isFinished { state.waiters.append(continuation) }
                return state.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }

    private static let shutDown = HTTPFailure.connection(reason: "the transport is shut down")

    private func post(_ command: Command) -> Bool {
        state.withLock { state in
            guard !state.isStopping else { return false }
            state.commands.append(command)
            state.wakeUp()
            return true
        }
    }

    private func run() {
        guard let multi = state.withLock({ $0.multi })?.pointer else { return }
        let sockets = SocketLedger(gate: gate)
        var shared = mtasts_curl_loop(
            context: Unmanaged.passUnretained(sockets).toOpaque(),
            closed: { Unmanaged<SocketLedger>.fromOpaque($0).takeUnretainedValue().closed($1) }
        )
        withUnsafeMutablePointer(to: &shared) { shared in
            withExtendedLifetime(sockets) {
                let transfers = TransferTable(multi: multi, loop: shared, sockets: sockets)
                while let commands = takeCommands() {
                    for command in commands { Self.obey(command, transfers) }
                    guard transfers.perform(), mtasts_curl_multi_wait(multi, transfers.pause) else { break }
                }
                transfers.endAll(throwing: Self.shutDown)
                let left = state.withLock { state in
                    state.isStopping = true
                    state.multi = nil
                    defer { state.commands = [] }
                    return state.commands
                }
                for case .start(let job) in left { job.continuation.resume(throwing: Self.shutDown) }
                mtasts_curl_multi_free(multi)
            }
        }
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private static func obey(_ command: Command, _ transfers: TransferTable) {
        switch command {
        case .start(let job): transfers.start(job)
        case .cancel(let id): transfers.cancel(id)
        }
    }

    /// What has come in, nil when the loop must end.
    private func takeCommands() -> [Command]? {
        state.withLock { state in
            guard !state.isStopping else { return nil }
            defer { state.commands = [] }
            return state.commands
        }
    }
}
#endif
