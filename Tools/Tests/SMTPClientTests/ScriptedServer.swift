// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A server on the loopback address that does with each connection what a test says.
struct ScriptedServer {
    let port: Int
    private let channel: any Channel

    /// Listens; each connection is given to `script`, and closed when that returns.
    init(_ script: @escaping @Sendable (Conversation) async throws -> Void) async throws {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (octets, continuation) = AsyncStream<ByteBuffer>.makeStream()
                    try channel.pipeline.syncOperations.addHandler(Receiver(continuation))
                    Task {
                        try? await script(Conversation(channel: channel, input: octets.makeAsyncIterator()))
                        try? await channel.close()
                    }
                }
            }
        channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func close() async { try? await channel.close() }
}

/// Passes on what comes in.
private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let continuation: AsyncStream<ByteBuffer>.Continuation

    init(_ continuation: AsyncStream<ByteBuffer>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { continuation.yield(unwrapInboundIn(data)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
}

/// The server's end of a connection.
final class Conversation {
    private let channel: any Channel
    private var input: AsyncStream<ByteBuffer>.AsyncIterator
    private var buffer = ByteBuffer()

    init(channel: any Channel, input: AsyncStream<ByteBuffer>.AsyncIterator) {
        (self.channel, self.input) = (channel, input)
    }

    /// The next line without its end; nil when the client has closed.
    func line() async -> String? {
        while true {
            if let end = buffer.readableBytesView.firstIndex(of: 0x0A) {
                let line = buffer.readString(length: end - buffer.readerIndex)
                buffer.moveReaderIndex(forwardBy: 1)
                return line.map { $0.hasSuffix("\r") ? String($0.dropLast()) : $0 }
            }
            guard var more = await input.next(isolation: #isolation) else { return nil }
            buffer.writeBuffer(&more)
        }
    }

    /// Reads up to the end mark of a message; gives the lines as they came.
    func message() async -> [String] {
        var lines: [String] = []
        while let line = await line(), line != "." { lines.append(line) }
        return lines
    }

    /// Whatever comes next; nil when the client has closed.
    func octets() async -> [UInt8]? { await input.next(isolation: #isolation).map { Array($0.readableBytesView) } }

    /// Reads until the client closes.
    func drain() async { while await line() != nil {} }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }

    /// Greets and answers EHLO with these capabilities.
    func greet(_ capabilities: String...) async throws {
        try await send("220 mx.example ESMTP\r\n")
        _ = await line()
        try await hello(capabilities)
    }

    func hello(_ capabilities: [String]) async throws {
        let lines = ["mx.example greets you"] + capabilities
        let text = lines.enumerated().map { "250\($0 == lines.count - 1 ? " " : "-")\($1)\r\n" }.joined()
        try await send(text)
    }

    /// Says yes to STARTTLS and becomes a TLS server with this certificate.
    func startTLS(_ certificate: String = TestCertificates.valid) async throws {
        _ = await line()
        let channel = channel
        try await channel.eventLoop.submit {
            let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8))
            let configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(TestCertificates.key.utf8), format: .pem))
            )
            // The yes goes out first, below TLS.
            channel.writeAndFlush(ByteBuffer(string: "220 go ahead\r\n"), promise: nil)
            let handler = NIOSSLServerHandler(context: try NIOSSLContext(configuration: configuration))
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        }.get()
    }
}

/// What a script saw, for the test.
final class Notes: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String?) { lines.withLock { $0.append(line ?? "<end>") } }

    var all: [String] { lines.withLock { $0 } }
}
