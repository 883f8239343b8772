// SPDX-License-Identifier: Apache-2.0

#if CURL
import CMTASTSCURL
import MTASTS

/// One fetch under way. Used on the loop's thread only.
final class Transfer {
    /// The most octets of all header sections that are read.
    static let headerLimit = 65_536

    private let job: TransferLoop.Job
    private let sockets: SocketLedger
    private let started = ContinuousClock.now
    private var header = ResponseHeader()
    private var headerCount = 0
    private var body: [UInt8] = []
    private var socketCount = 0
    /// Why the transfer was ended by a callback.
    private var failure: HTTPFailure?
    /// Why the gate refused the last address.
    private var refusal: HTTPFailure?
    private(set) var handle: OpaquePointer?

    init(_ job: TransferLoop.Job, sockets: SocketLedger) {
        self.job = job
        self.sockets = sockets
    }

    /// Hands the transfer to libcurl; nil if libcurl does not take it. The transfer must live until it is freed.
    func start(
        multi: UnsafeMutableRawPointer,
        loop: UnsafeMutablePointer<mtasts_curl_loop>
    ) -> OpaquePointer? {
        let names = job.endpoint.map { Override(of: job.request.host, by: $0) }
        let context = Unmanaged.passUnretained(self).toOpaque()
        let trust = job.trust
        handle = job.request.url.withCString { url in
            job.userAgent.withCString { userAgent in
                withOptionalCString(names?.resolve) { resolve in
                    withOptionalCString(names?.connectTo) { connectTo in
                        withOptionalOctets(trust.pem) { roots, rootsCount in
                            var request = mtasts_curl_request(
                                url: url,
                                user_agent: userAgent,
                                resolve: resolve,
                                connect_to: connectTo,
                                trust_roots: roots,
                                trust_roots_count: rootsCount,
                                trust_roots_seconds: trust.secondsToKeep,
                                timeout_milliseconds: job.request.deadline.boundedMilliseconds,
                                connect_timeout_milliseconds: job.connectTimeout.boundedMilliseconds,
                                body_limit: Int64(max(0, job.request.bodyLimit)),
                                loop: loop,
                                context: context,
                                callbacks: Self.callbacks
                            )
                            return mtasts_curl_transfer_start(multi, &request)
                        }
                    }
                }
            }
        }
        return handle
    }

    private static let callbacks = mtasts_curl_callbacks(
        header: { of($0).took(header: UnsafeRawBufferPointer(start: $1, count: $2)) },
        body: { of($0).took(body: UnsafeRawBufferPointer(start: $1, count: $2)) },
        certificate: { of($0).accepts(certificate: $1.map { String(cString: $0) }) },
        opened: { of($0).opened($1, UnsafeBufferPointer(start: $2, count: $3)) }
    )

    private static func of(_ context: UnsafeMutableRawPointer) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    private func took(header line: UnsafeRawBufferPointer) -> Bool {
        guard line.count <= Self.headerLimit - headerCount else {
            failure = .tooLarge(limit: Self.headerLimit)
            return false
        }
        headerCount += line.count
        header.read(line: Array(line))
        return true
    }

    private func took(body part: UnsafeRawBufferPointer) -> Bool {
        let limit = job.request.bodyLimit
        let count = body.count + part.count
        guard count <= limit else {
            failure = .tooLarge(limit: limit)
            return false
        }
        // An array would grow to twice what is allowed.
        if body.capacity < count {
            // Most policies are short; a long one gets its room at once, or outgrown buffers would pile up.
            body.reserveCapacity(min(limit, count <= 4_096 ? 4_096 : max(65_536, 2 * body.capacity)))
        }
        body.append(contentsOf: part)
        return true
    }

    private func accepts(certificate pem: String?) -> Bool {
        guard let der = pem.flatMap(PEM.certificate(in:)),
            CertificateNames.certificate(der, identifies: job.request.host)
        else {
            failure = .certificate(reason: Self.hostMismatch(job.request.host))
            return false
        }
        return true
    }

    private func opened(_ socket: Int32, _ octets: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let address = IPAddress(octets: Array(octets)) else { return false }
        do throws(HTTPFailure) {
            try sockets.opened(socket, to: address)
            socketCount += 1
            return true
        } catch {
            refusal = error
            return false
        }
    }

    /// Tells the one who waits that the transfer was given up.
    func end(throwing error: any Error) { job.continuation.resume(throwing: error) }

    /// Tells the one who waits how the transfer has ended.
    func end(_ result: mtasts_curl_result) {
        if let failure = failure(for: result) {
            job.continuation.resume(throwing: failure)
            return
        }
        job.continuation.resume(
            returning: HTTPResponse(
                status: result.status,
                contentType: header.contentType,
                contentEncoding: header.contentEncoding,
                body: body
            )
        )
    }

    private func failure(for result: mtasts_curl_result) -> HTTPFailure? {
        if let failure { return failure }
        switch result.end {
        case mtasts_curl_complete:
            // Status 204 and 304 have no body (RFC 9112 section 6.3).
            let hasEnd = result.content_length >= 0 || header.isChunked || [204, 304].contains(result.status)
            return hasEnd ? nil : .incomplete(reason: "the body has neither a length nor chunks")
        case mtasts_curl_certificate_refused:
            return .certificate(reason: Self.certificateReason(result, host: job.request.host))
        case mtasts_curl_too_large:
            return .tooLarge(limit: job.request.bodyLimit)
        case mtasts_curl_timed_out:
            let isDeadline = started.duration(to: .now) >= job.request.deadline - .milliseconds(10)
            return isDeadline
                ? .deadline(job.request.deadline) : .connection(reason: "no TLS session within \(job.connectTimeout)")
        case mtasts_curl_cut:
            return .incomplete(reason: result.message)
        default:
            if socketCount == 0, let refusal { return refusal }
            return .connection(reason: result.message)
        }
    }

    private static func hostMismatch(_ host: DomainName) -> String { "it has no DNS-ID for \(host)" }

    private static func certificateReason(_ result: mtasts_curl_result, host: DomainName) -> String {
        // Numbers of OpenSSL; another TLS library gives none of them, and libcurl's words have to do.
        switch result.verify_result {
        case 9: return "it is not yet valid"
        case 10: return "it has expired"
        case 18: return "it is signed by itself"
        case 19: return "its chain leads to a root that is not trusted"
        case 2, 20, 21: return "its issuer is not known"
        default: break
        }
        let message = result.message
        return message.contains("subject name") ? hostMismatch(host) : message
    }
}
#endif
