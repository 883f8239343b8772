// SPDX-License-Identifier: Apache-2.0

#if CURL
import CMTASTSCURL
import MTASTS

/// The open sockets of a loop, each counted by the gate.
final class SocketLedger {
    private let gate: ConnectionGate
    private var open: [Int32: IPAddress] = [:]

    init(gate: ConnectionGate) { self.gate = gate }

    /// Counts a socket, or says why it must not be used.
    func opened(_ socket: Int32, to address: IPAddress) throws(HTTPFailure) {
        try gate.connectionOpened(to: address)
        open[socket] = address
    }

    /// Whether the guard lets an address through.
    func allows(_ address: IPAddress) -> Bool { gate.allows(address) }

    /// Takes back the count of a socket.
    func closed(_ socket: Int32) {
        if let address = open.removeValue(forKey: socket) { gate.connectionClosed(to: address) }
    }
}

/// The transfers of a loop. Used on the loop's thread only.
final class TransferTable {
    private let multi: UnsafeMutableRawPointer
    private let loop: UnsafeMutablePointer<mtasts_curl_loop>
    private let sockets: SocketLedger
    private var byID: [Int: Transfer] = [:]
    private var ids: [OpaquePointer: Int] = [:]

    init(multi: UnsafeMutableRawPointer, loop: UnsafeMutablePointer<mtasts_curl_loop>, sockets: SocketLedger) {
        self.multi = multi
        self.loop = loop
        self.sockets = sockets
    }

    /// The most milliseconds to wait. libcurl 7.88 sets no timer for the step from an address that is silent to the
    /// next one, so it must be asked now and then.
    var pause: Int32 { byID.isEmpty ? 60_000 : 250 }

    func start(_ job: TransferLoop.Job) {
        guard byID.count < TransferLoop.maximumTransfers else {
            let reason = "\(TransferLoop.maximumTransfers) transfers are running"
            job.continuation.resume(throwing: HTTPFailure.overloaded(reason: reason))
            return
        }
        let transfer = Transfer(job, sockets: sockets)
        guard let handle = transfer.start(multi: multi, loop: loop) else {
            job.continuation.resume(
                throwing: HTTPFailure.connection(reason: "libcurl refuses a setting that is needed")
            )
            return
        }
        byID[job.id] = transfer
        ids[handle] = job.id
    }

    func cancel(_ id: Int) {
        byID[id]?.end(throwing: CancellationError())
        remove(id)
    }

    /// Moves all transfers on and ends those that have come to their end; false if libcurl fails.
    func perform() -> Bool {
        guard mtasts_curl_multi_perform(multi) else { return false }
        var result = mtasts_curl_result()
        while let handle = mtasts_curl_multi_next_ended(multi, &result) {
            guard let id = ids[handle] else { continue }
            byID[id]?.end(result)
            remove(id)
        }
        return true
    }

    func endAll(throwing error: any Error) {
        for (id, transfer) in byID {
            transfer.end(throwing: error)
            remove(id)
        }
    }

    private func remove(_ id: Int) {
        guard let transfer = byID.removeValue(forKey: id), let handle = transfer.handle else { return }
        ids[handle] = nil
        // libcurl calls back while it closes the connection.
        withExtendedLifetime(transfer) { mtasts_curl_transfer_free(multi, handle) }
    }
}
#endif
