// SPDX-License-Identifier: Apache-2.0

package import STSCore
package import TLSRPT

/// One request of an HTTPS transport, whichever of its protocols it comes by: a GET of a policy file or a POST of a
/// report.
package struct HTTPSRequest: Sendable {
    /// Whom the request is for.
    package enum Host: Hashable, Sendable {
        /// A server by name.
        case name(DomainName)
        /// A server by address, as in `https://192.0.2.1/`.
        case address(IPAddress)
    }

    /// Whom the request is for.
    package let host: Host
    /// The TCP port of the URL.
    package let port: UInt16
    /// The path of the URL with the query, beginning with a slash.
    package let path: String
    /// The header fields but Host, User-Agent and Content-Length.
    package let fields: [(name: String, value: String)]
    /// The body of a POST, nil for a GET.
    package let body: [UInt8]?
    /// The most octets of the answer's body; nil if the exchange ends with the answer's header.
    package let bodyLimit: Int?
    /// How long the whole exchange may take.
    package let deadline: Duration
    /// Whether chain, dates and names of the server's certificate must be right.
    package let verifiesCertificate: Bool

    /// The GET of a policy file (RFC 8461 section 3.3).
    package init(_ request: PolicyRequest) {
        host = .name(request.host)
        port = 443
        path = PolicyRequest.path
        fields = [
            ("Accept", "text/plain"), ("Accept-Encoding", "identity"), ("Cache-Control", "no-cache"),
            ("Connection", "close"),
        ]
        body = nil
        bodyLimit = request.bodyLimit
        deadline = request.deadline
        verifiesCertificate = true
    }

    /// The POST of a report (RFC 8460 section 5.4).
    ///
    /// - Throws: A permanent failure if the URL or the media type cannot be used.
    package init(_ post: ReportPost, acceptsAnyCertificate: Bool) throws(ReportTransportFailure) {
        guard let url = HTTPSURL(post.url) else {
            throw .permanent(reason: "the destination is no https URL that can be used")
        }
        guard (1...256).contains(post.mediaType.utf8.count),
            post.mediaType.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else {
            throw .permanent(reason: "the media type of the report is not text of visible octets")
        }
        guard !post.body.isEmpty else { throw .permanent(reason: "the report is empty") }
        host = url.host
        port = url.port
        path = url.path
        // No Content-Encoding: the media type itself says that the report is compressed.
        fields = [("Content-Type", post.mediaType), ("Accept-Encoding", "identity"), ("Connection", "close")]
        body = post.body
        bodyLimit = nil
        deadline = post.deadline
        verifiesCertificate = !acceptsAnyCertificate
    }

    /// Whether it is the POST of a report.
    package var isReport: Bool { body != nil }

    /// The host as the URL has it, an IPv6 address in brackets.
    package var hostText: String {
        switch host {
        case .name(let name): name.description
        case .address(let address): address.octets.count == 16 ? "[\(address)]" : address.description
        }
    }

    /// The value of the header field Host (RFC 9110 section 7.2).
    package var hostField: String { port == 443 ? hostText : "\(hostText):\(port)" }

    /// The URL, with the port unless it is that of the scheme.
    package var url: String { "https://\(hostField)\(path)" }

    /// Whether a certificate's DNS-IDs identify the host (RFC 9525 section 6.3). An address is left to the TLS stack,
    /// which compares the certificate's iPAddress values.
    package func isIdentified(byCertificate der: [UInt8]) -> Bool {
        switch host {
        case .name(let name): CertificateNames.certificate(der, identifies: name)
        case .address: true
        }
    }
}

/// The parts of an absolute https URL that a request needs.
struct HTTPSURL {
    let host: HTTPSRequest.Host
    let port: UInt16
    let path: String

    /// The most octets of a URL.
    static let maximumOctets = 8_192

    /// A URL, or nil if it is not one of https, names a user, no host or one that DNS cannot hold, has a port that is
    /// none, or holds octets that a request line may not hold.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumOctets, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            text.prefix(8).lowercased() == "https://"
        else { return nil }
        let rest = text.dropFirst(8).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let path = rest.dropFirst(authority.count)
        self.path = path.hasPrefix("/") ? String(path) : "/\(path)"
        let isBracketed = authority.hasPrefix("[")
        let hostEnd = isBracketed ? authority.lastIndex(of: "]") : authority.firstIndex(of: ":") ?? authority.endIndex
        guard let hostEnd else { return nil }
        let host = isBracketed ? authority[..<hostEnd].dropFirst() : authority[..<hostEnd]
        let portPart = isBracketed ? authority[hostEnd...].dropFirst() : authority[hostEnd...]
        if isBracketed {
            guard let address = IPAddress(String(host)), address.octets.count == 16 else { return nil }
            self.host = .address(address)
        } else if let address = IPAddress(String(host)) {
            self.host = .address(address)
        } else {
            guard let name = DomainName(String(host)) else { return nil }
            self.host = .name(name)
        }
        if portPart.isEmpty || portPart == ":" {
            port = 443
        } else {
            let digits = portPart.dropFirst()
            guard portPart.hasPrefix(":"), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = UInt16(digits), number > 0
            else { return nil }
            port = number
        }
    }
}

extension HTTPFailure {
    /// The failure of a POST, for ``HTTPReportTransport``. Whatever it is, it may be mended within a day.
    package var ofReport: ReportTransportFailure {
        switch self {
        case .certificate(let reason): .temporary(reason: "certificate: \(reason)")
        case .connection(let reason): .temporary(reason: "connection: \(reason)")
        case .tooLarge(let limit): .temporary(reason: "the answer's header is longer than \(limit) octets")
        case .incomplete(let reason): .temporary(reason: "incomplete answer: \(reason)")
        case .deadline(let duration): .temporary(reason: "no answer within \(duration)")
        case .overloaded(let reason): .temporary(reason: reason)
        }
    }
}
