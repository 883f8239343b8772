// SPDX-License-Identifier: Apache-2.0

#if CURL
import CMTASTSCURL
import MTASTS

/// One exchange under way. Used on the loop's thread only.
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
    /// Whether the gate allows one of the addresses, even if it has too many connections.
    private var hasAllowedAddress = false
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
        guard case .name(let host) = job.request.host, let endpoint = job.endpoint else {
            return start(multi, loop, nil)
        }
        return start(multi, loop, Override(of: host, port: job.request.port, by: endpoint))
    }

    private func start(
        _ multi: UnsafeMutableRawPointer,
        _ loop: UnsafeMutablePointer<mtasts_curl_loop>,
        _ names: Override?
    ) -> OpaquePointer? {
        let context = Unmanaged.passUnretained(self).toOpaque()
        let trust = job.trust
        handle = withCStrings(job.request.url, job.userAgent, fields) { url, userAgent, fields in
            withOptionalCStrings(names?.resolve, names?.connectTo) { resolve, connectTo in
                withOptionalOctets(trust.pem, job.request.body) { roots, rootsCount, body, bodyCount in
                    var request = mtasts_curl_request(
                        url: url,
                        user_agent: userAgent,
                        fields: fields,
                        body: body,
                        body_count: bodyCount,
                        verifies_certificate: job.request.verifiesCertificate,
                        resolve: resolve,
                        connect_to: connectTo,
                        trust_roots: roots,
                        trust_roots_count: rootsCount,
                        trust_roots_seconds: trust.secondsToKeep,
                        timeout_milliseconds: job.request.deadline.boundedMilliseconds,
                        connect_timeout_milliseconds: job.connectTimeout.boundedMilliseconds,
                        body_limit: Int64(max(0, job.request.bodyLimit ?? 0)),
                        loop: loop,
                        context: context,
                        callbacks: Self.callbacks
                    )
                    return mtasts_curl_transfer_start(multi, &request)
                }
            }
        }
        return handle
    }

    /// The header fields, each with a line feed. libcurl would ask before it sends a long body, and add an Accept.
    private var fields: String {
        let own = job.request.fields.map { "\($0.name): \($0.value)\n" }.joined()
        return job.request.isReport ? own + "Expect:\nAccept:\n" : own
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
        // The status is all that a report waits for: the transfer ends here, by this refusal.
        return !(isStatusEnough && header.isComplete)
    }

    private var isStatusEnough: Bool { job.request.bodyLimit == nil }

    private func took(body part: UnsafeRawBufferPointer) -> Bool {
        guard let limit = job.request.bodyLimit else { return false }
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
        guard job.request.verifiesCertificate else { return true }
        guard let der = pem.flatMap(PEM.certificate(in:)), job.request.isIdentified(byCertificate: der) else {
            failure = .certificate(reason: CertificateStatus.hostMismatchCode)
            return false
        }
        return true
    }

    private func opened(_ socket: Int32, _ octets: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let address = IPAddress(octets: Array(octets)) else { return false }
        hasAllowedAddress = hasAllowedAddress || sockets.allows(address)
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

    private func failure(for result: mtasts_curl_result) -> (any Error)? {
        if let failure { return failure }
        if isStatusEnough, header.isComplete { return nil }
        switch result.end {
        case mtasts_curl_complete:
            // Status 204 and 304 have no body (RFC 9112 section 6.3).
            let hasEnd = result.content_length >= 0 || header.isChunked || [204, 304].contains(result.status)
            return hasEnd ? nil : HTTPFailure.incomplete(reason: "the body has neither a length nor chunks")
        case mtasts_curl_certificate_refused:
            return HTTPFailure.certificate(reason: Self.certificateReason(result))
        case mtasts_curl_too_large:
            return HTTPFailure.tooLarge(limit: job.request.bodyLimit ?? 0)
        case mtasts_curl_timed_out:
            let isDeadline = started.duration(to: .now) >= job.request.deadline - .milliseconds(10)
            return isDeadline
                ? HTTPFailure.deadline(job.request.deadline)
                : HTTPFailure.connection(reason: "no TLS session within \(job.connectTimeout)")
        case mtasts_curl_cut:
            return HTTPFailure.incomplete(reason: result.message)
        default:
            guard socketCount == 0, let refusal else { return HTTPFailure.connection(reason: result.message) }
            // A policy host's address may change by its next refresh; a report is not worth a second look.
            guard job.request.isReport, !hasAllowedAddress else { return refusal }
            return ReportTransportFailure.permanent(reason: "\(job.request.hostText) has no public address")
        }
    }

    private static func certificateReason(_ result: mtasts_curl_result) -> String {
        let status = CertificateStatus(openSSLVerifyResult: Int(result.verify_result))
        // libcurl compares names itself, once OpenSSL has found nothing wrong with the chain.
        if result.message.contains("subject name") { return CertificateStatus.hostMismatchCode }
        switch status {
        case .valid, .notVerified: return result.message
        case .expired, .notYetValid, .notTrusted, .hostMismatch:
            // Another TLS library has no such numbers, and libcurl's words have to do.
            return result.verify_result > 0 ? status.reasonCode ?? result.message : result.message
        }
    }
}
#endif
