// SPDX-License-Identifier: Apache-2.0

#if AsyncHTTPClient
import MTASTS
import NIOCore
import Synchronization

/// How far an exchange has come, and its connection.
final class Progress: Sendable {
    enum Stage {
        /// No TLS session yet.
        case connecting
        /// The TLS session stands, the request may have been sent.
        case connected
        /// The header of the answer is here.
        case answered
    }

    private struct State {
        var stage = Stage.connecting
        var closer: NIOLoopBound<SocketCloser>?
    }

    private let state = Lock(State())

    func connected(_ closer: NIOLoopBound<SocketCloser>) {
        state.withLock { $0 = State(stage: .connected, closer: closer) }
    }

    func answered() { state.withLock { $0.stage = .answered } }

    /// Closes the connection, if there is one, at once.
    ///
    /// - Returns: How far the exchange has come.
    func closeSocket() -> Stage {
        let (stage, closer) = state.withLock { ($0.stage, $0.closer) }
        if let closer { closer.eventLoop.execute { closer.value.close() } }
        return stage
    }
}

/// Closes a connection below TLS, which otherwise would wait five seconds for the peer's close_notify and read on.
/// It is the first handler of its pipeline.
final class SocketCloser: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func close() { context?.close(promise: nil) }
}

/// Ends a connection that has brought more octets than any answer we take.
final class OctetLimiter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var left: Int

    init(limit: Int) { left = limit }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let count = unwrapInboundIn(data).readableBytes
        guard count <= left else {
            left = 0
            context.fireErrorCaught(HTTPFailure.tooLarge(limit: Exchange.headerLimit))
            context.close(promise: nil)
            return
        }
        left -= count
        context.fireChannelRead(data)
    }
}
#endif
