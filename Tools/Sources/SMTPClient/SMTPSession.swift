// SPDX-License-Identifier: Apache-2.0

public import MTASTS
import NIOCore
import NIOSSL

/// An SMTP session with one server. It is used by one task at a time, and so not Sendable.
///
/// Whoever opens a session ends it by ``quit()`` or ``close()``; it ends by itself when its time in all is over.
public final class SMTPSession {
    /// What the server said it can do, by keyword in upper case, with its parameters (RFC 5321 section 4.1.1.1). Empty
    /// if it only knows HELO. After STARTTLS it is asked anew.
    public private(set) var capabilities: [String: [String]] = [:]

    /// The server's greeting.
    public private(set) var greeting: SMTPReply?

    /// The reply to EHLO or HELO; its first word is the server's name for itself, never checked by anybody.
    public private(set) var hello: SMTPReply?

    /// Whether commands can be sent: no longer once the connection or a handshake has failed, nor after ``quit()`` or
    /// ``close()``.
    public private(set) var isOpen = true

    /// Whether TLS protects the session.
    public private(set) var isEncrypted = false

    /// The certificate that the server showed, trusted or not; nil before STARTTLS.
    public private(set) var peerCertificate: PeerCertificate?

    /// The address really connected to.
    public var peerAddress: IPAddress? { channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) } }

    /// The client's address on this connection.
    public var localAddress: IPAddress? { channel.localAddress?.ipAddress.flatMap { IPAddress($0) } }

    /// The name in the reply to EHLO or HELO, "receiving-mx-helo" of a TLS report.
    public var serverName: String? { hello?.lines.first?.split(separator: " ").first.map { String($0) } }

    private let client: SMTPClient
    private let channel: any Channel
    private let handler: NIOLoopBound<ReplyHandler>
    private var timeouts: SMTPTimeouts { client.configuration.timeouts }

    init(client: SMTPClient, channel: any Channel, handler: NIOLoopBound<ReplyHandler>) {
        self.client = client
        self.channel = channel
        self.handler = handler
    }

    func begin() async throws(SMTPError) {
        let greeting = try await perform { $0.greeting }
        self.greeting = greeting
        do throws(SMTPError) {
            guard greeting.code == 220 else { throw .refused(.greeting, greeting) }
            try await sayHello()
        } catch {
            await quitOrClose(after: error)
            throw error
        }
    }

    /// - Throws: ``SMTPError``; the caller ends the session then.
    private func sayHello() async throws(SMTPError) {
        capabilities = [:]
        let name = client.configuration.name
        var reply = try await command("EHLO \(name)", .hello)
        if reply.isPermanent, [500, 501, 502, 504, 550].contains(reply.code) {
            reply = try await command("HELO \(name)", .hello)
        } else if reply.isPositive {
            for line in reply.lines.dropFirst() {
                // Some servers write AUTH=PLAIN.
                let words = line.split(whereSeparator: { $0 == " " || $0 == "=" }).map(String.init)
                guard let keyword = words.first else { continue }
                capabilities[keyword.uppercased(), default: []] += words.dropFirst()
            }
        }
        guard reply.code == 250 else { throw .refused(.hello, reply) }
        hello = reply
    }

    // MARK: TLS

    /// What is asked of a server's certificate.
    public enum CertificateCheck: Hashable, Sendable {
        /// It leads to a trusted root, its dates hold, and a DNS-ID names this host (RFC 8461 section 4.2).
        case verified(DomainName)
        /// Nothing: encryption against passive listeners alone. Old versions of TLS are taken, too.
        case any
    }

    /// Goes over to TLS, if the server offers it.
    ///
    /// The outcome is a value, fit for `PolicyResolution.decision(forMX:tls:dane:)`. Only at
    /// `.established(.valid)`, `.established(.hostMismatch)`, `.established(.notVerified)` and `.establishedBelowTLS12`
    /// is there a session that goes on by TLS; at `.startTLSNotOffered` it goes on in clear; at anything else it is
    /// closed. ``isOpen`` tells the same.
    ///
    /// - Throws: ``SMTPError`` if the connection fails before the handshake, or EHLO fails after it. The connection is
    ///   closed then.
    public func startTLS(_ check: CertificateCheck) async throws(SMTPError) -> TLSObservation {
        guard !isEncrypted else { throw .noTLS(reason: "the session is by TLS already") }
        guard capabilities["STARTTLS"] != nil else { return .startTLSNotOffered() }
        let context: NIOSSLContext
        let name: DomainName?
        switch check {
        case .verified(let host): (context, name) = (client.verifying, host)
        case .any: (context, name) = (client.unverifying, nil)
        }
        let limit = TimeAmount(timeouts.handshake)
        let reply: SMTPReply
        do throws(SMTPError) {
            reply = try await perform { handler in
                handler.startTLS(
                    try NIOSSLClientHandler(context: context, serverHostname: name?.description),
                    within: limit
                )
            }
        } catch .plaintextAfterStartTLS {
            return .handshakeFailed(reason: SMTPError.plaintextAfterStartTLS.description)
        }
        guard reply.isPositive else { return .startTLSNotOffered(reason: reply.description) }
        let facts = try await perform { $0.handshakeEnd }
        peerCertificate = facts.certificate
        let observation = facts.observation(verifying: name, now: SystemWallClock().now)
        guard facts.failure == nil else {
            isOpen = false
            if Task.isCancelled { throw .cancelled }
            return observation
        }
        // What was learned in clear is forgotten (RFC 3207 section 4.2).
        isEncrypted = true
        do throws(SMTPError) {
            try await sayHello()
        } catch {
            await quitOrClose(after: error)
            throw error
        }
        return observation
    }

    // MARK: Commands

    /// Authenticates by AUTH PLAIN (RFC 4616).
    ///
    /// - Throws: ``SMTPError/noAuthentication(reason:)`` if the session is in clear or the server does not offer it.
    public func authenticate(user: String, password: String) async throws(SMTPError) {
        guard isEncrypted else { throw .noAuthentication(reason: "the password would go in clear") }
        guard capabilities["AUTH", default: []].contains(where: { $0.uppercased() == "PLAIN" }) else {
            throw .noAuthentication(reason: "the server does not offer AUTH PLAIN")
        }
        guard !user.utf8.contains(0), !password.utf8.contains(0) else {
            throw .noAuthentication(reason: "a NUL in the user's name or the password")
        }
        let secret = Base64.text([0] + Array(user.utf8) + [0] + Array(password.utf8))
        let reply = try await command("AUTH PLAIN \(secret)", .authentication)
        guard reply.code == 235 else { throw .refused(.authentication, reply) }
    }

    /// Sends a mail; afterwards the session can take another one.
    ///
    /// - Returns: Which recipients were taken. At least one was.
    /// - Throws: ``SMTPError`` if the mail was taken for nobody; of several refused recipients the first reply counts
    ///   that is temporary, or else the first.
    public func send(_ mail: SMTPMail) async throws(SMTPError) -> SMTPMail.Outcome {
        try mail.validate()
        var line = "MAIL FROM:<\(mail.sender)>"
        if capabilities["SIZE"] != nil { line += " SIZE=\(mail.message.count)" }
        try require(try await command(line, .mail), .mail)
        var accepted: [String] = []
        var refused: [SMTPMail.Refusal] = []
        for recipient in mail.recipients {
            let reply = try await command("RCPT TO:<\(recipient)>", .recipient)
            if reply.isPositive {
                accepted.append(recipient)
            } else if reply.code == 421 {
                throw .refused(.recipient, reply)
            } else {
                refused.append(SMTPMail.Refusal(recipient: recipient, reply: reply))
            }
        }
        guard !accepted.isEmpty else {
            _ = try await command("RSET", .reset)
            let first = refused.first { $0.reply.isTemporary } ?? refused.first
            throw first.map { .refused(.recipient, $0.reply) } ?? .invalid(reason: "there is no recipient")
        }
        let reply = try await command("DATA", .data)
        guard reply.code == 354 else {
            // The server still has the envelope; another mail needs a clean one.
            if reply.code != 421 { _ = try await command("RSET", .reset) }
            throw .refused(.data, reply)
        }
        return SMTPMail.Outcome(accepted: accepted, refused: refused, reply: try await sendMessage(of: mail))
    }

    private static let blockOctets = 65_536

    private func sendMessage(of mail: SMTPMail) async throws(SMTPError) -> SMTPReply {
        let limits = (block: TimeAmount(timeouts.block), message: TimeAmount(timeouts.message))
        var start = 0
        while mail.message.count - start > Self.blockOctets {
            let octets = mail.dataOctets(start..<start + Self.blockOctets, isLast: false)
            try await perform { $0.write(octets, within: limits.block) }
            start += Self.blockOctets
        }
        let octets = mail.dataOctets(start..<mail.message.count, isLast: true)
        let reply = try await perform { $0.writeLast(octets, within: limits.message) }
        try require(reply, .message)
        return reply
    }

    private func require(_ reply: SMTPReply, _ stage: SMTPStage) throws(SMTPError) {
        guard reply.code / 100 == 2 else { throw .refused(stage, reply) }
    }

    /// Sends a command and gives its reply, whatever it is.
    private func command(_ line: String, _ stage: SMTPStage) async throws(SMTPError) -> SMTPReply {
        let limit = TimeAmount(timeouts.command)
        return try await perform { $0.send(line, stage, within: limit) }
    }

    // MARK: End

    /// Says QUIT and closes the connection; a server that does not answer is not waited for beyond 5 seconds.
    public func quit() async {
        let limit = TimeAmount(min(timeouts.command, .seconds(5)))
        _ = try? await perform { $0.send("QUIT", .quit, within: limit) }
        close()
    }

    /// Closes the connection at once.
    public func close() {
        isOpen = false
        let handler = handler
        channel.eventLoop.execute { handler.value.fail(.closed(.idle)) }
    }

    private func quitOrClose(after error: SMTPError) async {
        if case .refused(_, let reply) = error, reply.code != 421 { await quit() } else { close() }
    }

    /// Does something on the event loop and waits for what comes of it. A cancelled task closes the connection.
    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (ReplyHandler) throws -> EventLoopFuture<Value>?
    ) async throws(SMTPError) -> Value {
        let (loop, handler) = (channel.eventLoop, handler)
        let result = await withTaskCancellationHandler {
            let future = loop.flatSubmit {
                do {
                    let future = try body(handler.value)
                    return future ?? loop.makeFailedFuture(handler.value.failure ?? .closed(.idle))
                } catch {
                    return loop.makeFailedFuture(error)
                }
            }
            do {
                return Result<Value, any Error>.success(try await future.get())
            } catch {
                return .failure(error)
            }
        } onCancel: {
            loop.execute { handler.value.fail(.cancelled) }
        }
        switch result {
        case .success(let value):
            return value
        case .failure(let error):
            let reason = try? await loop.submit { handler.value.failure }.get()
            close()
            if let error = error as? SMTPError { throw error }
            throw reason.flatMap { $0 } ?? .connectionFailed(reason: TLSFacts.text(error))
        }
    }
}
