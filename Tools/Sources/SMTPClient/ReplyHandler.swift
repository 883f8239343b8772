// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import NIOTLS

/// The client's end of one connection: gives each reply to the command that waits for it, and ends the connection at
/// whatever a server may not do. All of it happens on the connection's event loop.
final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var parser = ReplyParser()
    private var context: ChannelHandlerContext?
    private let closer: SocketCloser

    private var reply: EventLoopPromise<SMTPReply>?
    private var handshake: EventLoopPromise<TLSFacts>?
    /// What the handshake came to, or comes to; nil before the server has said yes to STARTTLS.
    private(set) var handshakeEnd: EventLoopFuture<TLSFacts>?
    /// To be put in as soon as the server has said yes to STARTTLS, before anything more is read.
    private var upgrade: NIOSSLClientHandler?
    private var tls: NIOSSLClientHandler?
    private var stage = SMTPStage.greeting
    private var timer: Scheduled<Void>?
    private var deadline: Scheduled<Void>?
    private var limits: (greeting: TimeAmount, total: TimeAmount)?

    /// Why the connection is of no use any more.
    private(set) var failure: SMTPError?

    /// A reply that came without a command: servers say 421 before they close a connection (RFC 5321 section 3.8).
    private(set) var notice: SMTPReply?

    init(closer: SocketCloser) { self.closer = closer }

    // MARK: Commands

    /// The server's greeting, which comes without a command.
    private(set) var greeting: EventLoopFuture<SMTPReply>?

    /// Waits for the greeting; its time, and that of the session in all, begin when the connection stands.
    func awaitGreeting(within limit: TimeAmount, total: TimeAmount, on loop: any EventLoop) {
        let promise = loop.makePromise(of: SMTPReply.self)
        reply = promise
        greeting = promise.futureResult
        limits = (limit, total)
    }

    func channelActive(context: ChannelHandlerContext) {
        if let limits {
            begin(.greeting, within: limits.greeting, on: context.eventLoop)
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            deadline = context.eventLoop.scheduleTask(in: limits.total) {
                bound.value.fail(.timedOut(bound.value.stage))
            }
        }
        context.fireChannelActive()
    }

    private func awaitReply(
        _ stage: SMTPStage,
        within limit: TimeAmount,
        on loop: any EventLoop
    ) -> EventLoopFuture<SMTPReply> {
        let promise = loop.makePromise(of: SMTPReply.self)
        guard failure == nil else {
            promise.fail(failure ?? .closed(stage))
            return promise.futureResult
        }
        begin(stage, within: limit, on: loop)
        reply = promise
        return promise.futureResult
    }

    /// Sends a command and waits for its reply.
    func send(_ line: String, _ stage: SMTPStage, within limit: TimeAmount) -> EventLoopFuture<SMTPReply>? {
        guard let context, reply == nil, handshake == nil else { return nil }
        if let notice { fail(.refused(stage, notice)) }
        let answer = awaitReply(stage, within: limit, on: context.eventLoop)
        var buffer = context.channel.allocator.buffer(capacity: line.utf8.count + 2)
        buffer.writeString(line)
        buffer.writeString("\r\n")
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        return answer
    }

    /// Sends STARTTLS. At a positive reply the connection goes over to TLS at once.
    func startTLS(_ handler: NIOSSLClientHandler, within limit: TimeAmount) -> EventLoopFuture<SMTPReply>? {
        upgrade = handler
        return send("STARTTLS", .startTLS, within: limit)
    }

    /// Sends a part of a message; done when the connection has taken it.
    func write(_ octets: [UInt8], within limit: TimeAmount) -> EventLoopFuture<Void>? {
        guard let context, reply == nil, handshake == nil else { return nil }
        if let notice { fail(.refused(.message, notice)) }
        if let failure { return context.eventLoop.makeFailedFuture(failure) }
        begin(.message, within: limit, on: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: octets)), promise: written)
        return written.futureResult
    }

    /// Sends the last part of a message and waits for the reply to it.
    func writeLast(_ octets: [UInt8], within limit: TimeAmount) -> EventLoopFuture<SMTPReply>? {
        guard let context, reply == nil, handshake == nil else { return nil }
        if let notice { fail(.refused(.message, notice)) }
        let answer = awaitReply(.message, within: limit, on: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: octets)), promise: nil)
        return answer
    }

    private func begin(_ stage: SMTPStage, within limit: TimeAmount, on loop: any EventLoop) {
        self.stage = stage
        timer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleTask(in: limit) { bound.value.fail(.timedOut(bound.value.stage)) }
    }

    private func end() {
        timer?.cancel()
        timer = nil
        stage = .idle
    }

    /// Ends the connection without a further word; the first reason stays.
    func fail(_ error: SMTPError) {
        if failure == nil { failure = error }
        timer?.cancel()
        timer = nil
        deadline?.cancel()
        deadline = nil
        let reason = failure ?? error
        reply?.fail(reason)
        reply = nil
        endHandshake(TLSFacts(tls, failure: reason.description))
        upgrade = nil
        closer.close()
    }

    // MARK: Events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        fail(.closed(stage))
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        while failure == nil, buffer.readableBytes > 0 {
            do {
                guard let complete = try parser.read(&buffer) else { return }
                take(complete, rest: buffer.readableBytes, context)
            } catch {
                fail(.malformedReply(stage, reason: error.reason))
            }
        }
    }

    private func take(_ complete: SMTPReply, rest: Int, _ context: ChannelHandlerContext) {
        guard let waiting = reply else {
            // Nobody asked. 421 is the one such reply there is; while a message is on its way any refusal is taken.
            if notice == nil, complete.code == 421 || (stage == .message && !complete.isPositive) {
                notice = complete
            } else {
                fail(.malformedReply(stage, reason: "a reply to no command"))
            }
            return
        }
        reply = nil
        if let handler = upgrade {
            upgrade = nil
            if complete.isPositive {
                guard rest == 0 else {
                    reply = waiting
                    return fail(.plaintextAfterStartTLS)
                }
                installTLS(handler, context)
            }
        }
        if handshake == nil { end() }
        waiting.succeed(complete)
    }

    private func installTLS(_ handler: NIOSSLClientHandler, _ context: ChannelHandlerContext) {
        stage = .handshake
        tls = handler
        let promise = context.eventLoop.makePromise(of: TLSFacts.self)
        handshake = promise
        handshakeEnd = promise.futureResult
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .after(closer))
        } catch {
            fail(.noTLS(reason: TLSFacts.text(error)))
        }
    }

    private func endHandshake(_ facts: TLSFacts) {
        handshake?.succeed(facts)
        handshake = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent, handshake != nil {
            end()
            endHandshake(TLSFacts(tls))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let reason = TLSFacts.text(error)
        guard handshake != nil else { return fail(.connectionFailed(reason: reason)) }
        endHandshake(TLSFacts(tls, failure: reason))
        fail(.noTLS(reason: reason))
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(notice.map { .refused(stage, $0) } ?? .closed(stage))
        context.fireChannelInactive()
    }
}

/// Closes a connection below TLS, which otherwise would wait for the peer's close_notify and read on. It is the first
/// handler of its pipeline. The library's transport has the like for its own connections, and does not offer it.
final class SocketCloser: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func close() { context?.close(promise: nil) }
}
