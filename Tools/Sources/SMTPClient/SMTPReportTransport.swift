// SPDX-License-Identifier: Apache-2.0

public import MTASTS

/// Hands TLS reports to a mail server, a session each.
///
/// That server signs them by DKIM and delivers them whatever policies say about the recipient's TLS (RFC 8460 section
/// 3); the sessions with it are none of those that reports count.
public struct SMTPReportTransport: MailReportTransport {
    /// What TLS there must be.
    public enum Security: Hashable, Sendable {
        /// TLS where the server offers it, with any certificate, and none where it does not.
        case opportunistic
        /// TLS with a certificate for this name.
        case required(DomainName)
        /// None, as for a server on the same machine.
        case none
    }

    /// A user of the server. TLS is needed.
    public struct Credentials: Hashable, Sendable {
        /// The user's name.
        public let user: String

        /// The user's password.
        public let password: String

        /// A user.
        public init(user: String, password: String) {
            self.user = user
            self.password = password
        }
    }

    private let client: SMTPClient
    private let host: String
    private let port: Int
    private let security: Security
    private let credentials: Credentials?

    /// A transport to one server, whose name or address and port these are.
    public init(
        client: SMTPClient,
        host: String = "localhost",
        port: Int = 25,
        security: Security = .opportunistic,
        credentials: Credentials? = nil
    ) {
        self.client = client
        self.host = host
        self.port = port
        self.security = security
        self.credentials = credentials
    }

    /// Hands a report to the server.
    public func send(_ mail: ReportMail) async throws {
        do throws(SMTPError) {
            try await deliver(SMTPMail(sender: mail.sender, recipients: [mail.recipient], message: mail.message))
        } catch .cancelled {
            throw CancellationError()
        } catch {
            let reason = error.description
            throw error.isPermanent
                ? ReportTransportFailure.permanent(reason: reason)
                : ReportTransportFailure.temporary(reason: reason)
        }
    }

    private func deliver(_ mail: SMTPMail) async throws(SMTPError) {
        try mail.validate()
        let session = try await client.connect(to: host, port: port)
        do throws(SMTPError) {
            try await secure(session)
            if let credentials {
                try await session.authenticate(user: credentials.user, password: credentials.password)
            }
            _ = try await session.send(mail)
        } catch {
            if case .refused = error { await session.quit() } else { session.close() }
            throw error
        }
        await session.quit()
    }

    private func secure(_ session: SMTPSession) async throws(SMTPError) {
        switch security {
        case .none:
            return
        case .opportunistic:
            switch try await session.startTLS(.any) {
            case .handshakeFailed(let reason): throw .noTLS(reason: reason)
            default: return
            }
        case .required(let name):
            let observation = try await session.startTLS(.verified(name))
            guard observation == .established(.valid) else { throw .noTLS(reason: Self.text(observation)) }
        }
    }

    private static func text(_ observation: TLSObservation) -> String {
        switch observation {
        case .startTLSNotOffered(let reason): reason ?? "the server does not offer STARTTLS"
        case .handshakeFailed(let reason): reason
        case .established(.hostMismatch): "the certificate is for another name"
        case .established(.expired): "the certificate has expired"
        case .established(.notYetValid): "the certificate is not valid yet"
        case .established(.notTrusted(let reason)), .established(.notVerified(let reason)): reason
        case .notAttempted, .connectionFailed, .establishedBelowTLS12, .established(.valid): "there is no TLS 1.2"
        }
    }
}
