// SPDX-License-Identifier: Apache-2.0

#if AsyncHTTPClient
import AsyncHTTPClient
import MTASTS
import NIOCore
import NIOHTTP1
import NIOSSL

/// Turns the errors of async-http-client, NIO and BoringSSL into ours.
enum FailureReason {
    static let hostMismatch = HTTPFailure.certificate(reason: CertificateStatus.hostMismatchCode)

    /// The failure for an error that came at this stage of the exchange.
    static func failure(for error: any Error, stage: Progress.Stage, request: HTTPSRequest) -> HTTPFailure {
        switch error {
        case let failure as HTTPFailure:
            return failure
        case let error as NIOSSLExtraError where isNameError(error):
            return hostMismatch
        case let error as HTTPParserError where error == .headerOverflow:
            return .tooLarge(limit: Exchange.headerLimit)
        case let error as HTTPClientError where error == .deadlineExceeded:
            return .deadline(request.deadline)
        case let error as HTTPClientError where error == .connectTimeout || error == .tlsHandshakeTimeout:
            return .connection(reason: "no TLS session in time")
        default:
            break
        }
        if isCertificateFailure(error) {
            return .certificate(reason: BoringSSLReason.verifyFailed)
        }
        return stage == .answered
            ? .incomplete(reason: BoringSSLReason.text(of: error))
            : .connection(reason: BoringSSLReason.text(of: error))
    }

    /// Whether the certificate is to blame; the next address would most likely show the same one.
    static func isCertificateFailure(_ error: any Error) -> Bool {
        switch error {
        case HTTPFailure.certificate:
            return true
        case let error as NIOSSLExtraError:
            return isNameError(error)
        case let error as NIOSSLError:
            return BoringSSLReason.isCertificateFailure(error)
        default:
            return false
        }
    }

    static func isNameError(_ error: NIOSSLExtraError) -> Bool {
        error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch
    }
}

extension TimeAmount {
    /// A duration in whole nanoseconds; what is longer than a year counts as a year, what is negative as nothing.
    init(_ duration: Duration) {
        let bounded = min(max(duration, .zero), .seconds(31_536_000))
        let parts = bounded.components
        self = .nanoseconds(parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }
}
#endif
