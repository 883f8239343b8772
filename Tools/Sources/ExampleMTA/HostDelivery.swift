// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSSystemDNS
import SMTPClient

/// The delivery of one mail to one MX host under one policy.
struct HostDelivery {
    let mta: ExampleMTA
    let mail: QueuedMail
    let host: DomainName
    let resolution: PolicyResolution

    typealias Result = (outcome: MXOutcome, detail: String)

    /// Delivers the mail, if the policy lets it.
    ///
    /// - Parameter sessions: Counts the attempt.
    func run(_ sessions: inout SessionCounter.Walk) async throws -> Result {
        // What can be said without a connection: a host that an enforcing policy does not name is not even asked.
        let decision = resolution.decision(forMX: host, tls: .notAttempted)
        if case .skip(let reason) = decision.action {
            sessions.count(decision, mx: host)
            return (.skipped(reason), "the policy does not name this host")
        }
        var detail = "no address"
        do {
            for address in try await mta.dns.addresses(of: host).records {
                do throws(SMTPError) {
                    let session = try await mta.smtp.connect(to: address.description, port: mta.configuration.port)
                    return try await deliver(by: session, at: address, &sessions)
                } catch .cancelled {
                    throw CancellationError()
                } catch {
                    detail = error.description
                }
            }
        } catch let failure as DNSFailure {
            detail = failure.description
        }
        // No session is no matter of policy.
        return (.skipped(.connectionFailed), detail)
    }

    /// Goes on with a session that has come about: TLS, the decision, and the mail.
    ///
    /// - Throws: ``SMTPError`` if there was no answer on TLS; the next address may do better.
    private func deliver(
        by session: SMTPSession,
        at address: IPAddress,
        _ sessions: inout SessionCounter.Walk
    ) async throws(SMTPError) -> Result {
        let isVerified = resolution.effectiveMode == .enforce || resolution.effectiveMode == .testing
        let tls = try await session.startTLS(isVerified ? .verified(host) : .any)
        let decision = resolution.decision(forMX: host, tls: tls)
        sessions.count(
            decision,
            mx: host,
            receivingIP: session.peerAddress,
            helo: session.serverName,
            sendingIP: session.localAddress
        )
        switch decision.action {
        case .skip(let reason):
            // QUIT, never MAIL (RFC 8461 section 5).
            await session.quit()
            return (.skipped(reason), "\(tls)")
        case .proceed where session.isOpen:
            return try await send(by: session, "\(tls)")
        case .proceed, .reconnectWithoutTLS:
            // No policy forbids it: as without one, TLS if it can be had and the clear if not.
            session.close()
            let other = try await unauthenticatedSession(at: address, triesTLS: isVerified)
            return try await send(by: other, "\(tls), and no policy enforces")
        }
    }

    /// A session with any certificate or, if TLS fails or is not to be tried again, without TLS.
    private func unauthenticatedSession(
        at address: IPAddress,
        triesTLS: Bool
    ) async throws(SMTPError) -> SMTPSession {
        let (target, port) = (address.description, mta.configuration.port)
        if triesTLS {
            let session = try await mta.smtp.connect(to: target, port: port)
            _ = try await session.startTLS(.any)
            if session.isOpen { return session }
        }
        return try await mta.smtp.connect(to: target, port: port)
    }

    /// Sends the mail; whatever comes of it is an outcome of this host.
    private func send(by session: SMTPSession, _ detail: String) async throws(SMTPError) -> Result {
        do throws(SMTPError) {
            let outcome = try await session.send(mail.envelope)
            await session.quit()
            return (.delivered, "\(detail), \(outcome.reply)")
        } catch .cancelled {
            throw .cancelled
        } catch {
            if case .refused = error { await session.quit() } else { session.close() }
            return (error.isPermanent ? .permanentFailure : .transientFailure, "\(detail), \(error)")
        }
    }
}
