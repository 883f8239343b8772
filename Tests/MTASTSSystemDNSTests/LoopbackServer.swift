// SPDX-License-Identifier: Apache-2.0

import CMTASTSResolver
import MTASTS
import Synchronization

@testable import MTASTSSystemDNS

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A DNS server inside the test, on a port of its own of 127.0.0.1, UDP and TCP, on one thread.
final class LoopbackServer: Sendable {
    /// What the server sends back for a query: nothing, or messages in order.
    typealias Script = @Sendable (_ query: [UInt8], _ overTCP: Bool) -> [[UInt8]]

    /// The server as a transport takes it.
    let server: SystemDNS.Server
    private let datagrams: Int32
    private let listener: Int32
    private let stopSignal: Int32
    private let received = Mutex<[[UInt8]]>([])

    struct SetUpFailure: Error {
        let step: String
    }

    /// Begins to serve; `stop()` ends it.
    init(_ script: @escaping Script) throws {
        let stream = try Self.bound(SOCK_STREAM, port: 0)
        let port = try Self.port(of: stream)
        guard let server = SystemDNS.Server("127.0.0.1:\(port)") else { throw SetUpFailure(step: "address") }
        self.server = server
        listener = stream
        datagrams = try Self.bound(SOCK_DGRAM, port: port)
        var waiting: Int32 = -1
        var signal: Int32 = -1
        guard mtasts_make_signal(&waiting, &signal) == 0, listen(stream, 16) == 0 else {
            throw SetUpFailure(step: "listen")
        }
        stopSignal = signal
        let context = Unmanaged.passRetained(Start(server: self, script: script, waiting: waiting))
        let error = mtasts_start_thread(
            { context in
                guard let context else { return }
                Unmanaged<Start>.fromOpaque(context).takeRetainedValue().serve()
            },
            context.toOpaque()
        )
        guard error == 0 else {
            context.release()
            throw SetUpFailure(step: "thread")
        }
    }

    /// How many queries have come.
    var queryCount: Int { received.withLock { $0.count } }

    /// Ends the server's thread and closes its sockets.
    func stop() { close(stopSignal) }

    private final class Start: Sendable {
        let server: LoopbackServer
        let script: Script
        let waiting: Int32

        init(server: LoopbackServer, script: @escaping Script, waiting: Int32) {
            self.server = server
            self.script = script
            self.waiting = waiting
        }

        func serve() {
            var connections: [Int32] = []
            while true {
                var fds = [waiting, server.datagrams, server.listener].map {
                    pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
                }
                _ = poll(&fds, nfds_t(fds.count), -1)
                if fds[0].revents != 0 { break }
                if fds[1].revents != 0 { server.answerDatagram(script) }
                if fds[2].revents != 0 {
                    let connection = accept(server.listener, nil, nil)
                    if connection >= 0 {
                        connections.append(connection)
                        server.answerStream(connection, script)
                    }
                }
            }
            for descriptor in connections + [waiting, server.datagrams, server.listener] { close(descriptor) }
        }
    }

    private func answerDatagram(_ script: Script) {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(datagrams, &buffer, buffer.count, 0, $0, &length)
            }
        }
        guard count > 0 else { return }
        let query = Array(buffer[..<count])
        received.withLock { $0.append(query) }
        for message in script(query, false) {
            _ = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(datagrams, message, message.count, 0, $0, length)
                }
            }
        }
    }

    private func answerStream(_ connection: Int32, _ script: Script) {
        var buffer = [UInt8](repeating: 0, count: 514)
        let count = recv(connection, &buffer, buffer.count, 0)
        guard count > 2 else { return }
        let query = Array(buffer[2..<count])
        received.withLock { $0.append(query) }
        for message in script(query, true) {
            let framed = [UInt8(message.count >> 8), UInt8(truncatingIfNeeded: message.count)] + message
            _ = send(connection, framed, framed.count, 0)
        }
    }

    /// A socket bound to a port of 127.0.0.1; port 0 takes a free one.
    static func bound(_ type: SocketType, port: UInt16) throws -> Int32 {
        #if canImport(Glibc)
        let descriptor = socket(AF_INET, Int32(type.rawValue), 0)
        #else
        let descriptor = socket(AF_INET, type, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard descriptor >= 0, outcome == 0 else { throw SetUpFailure(step: "bind") }
        return descriptor
    }

    /// The port that a socket is bound to.
    static func port(of descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let outcome = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard outcome == 0 else { throw SetUpFailure(step: "getsockname") }
        return UInt16(bigEndian: address.sin_port)
    }
}

#if canImport(Glibc)
typealias SocketType = __socket_type
#else
typealias SocketType = Int32
#endif
