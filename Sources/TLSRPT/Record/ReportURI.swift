// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension TLSReportingRecord {
    /// Where reports go to (RFC 8460 section 3).
    public enum Destination: Hashable, Sendable {
        /// To a mailbox, by mail (section 5.3).
        ///
        /// The address is decoded and ready for `RCPT TO` and for a header field: it holds no control characters, and a
        /// local part that is no dot-atom stands in quotes, so that `r%2Cs@x.example` is `"r,s"@x.example`, which is
        /// one address. It may hold characters beyond ASCII.
        case mailto(address: String)
        /// To a server, by POST (section 5.4).
        ///
        /// The URL is as it stands in the record, without a fragment. It names a host, in ASCII and without
        /// percent-encoding, and no user. The host may be any, one at a private address too.
        case https(url: String)
    }

    /// A URI of a `rua` (RFC 8460 section 3, "tlsrpt-uri"): one of RFC 3986 without `,`, `!` and `;`.
    public struct ReportURI: Hashable, Sendable, CustomStringConvertible {
        /// Why reports cannot be sent to a URI. The other URIs of the record are not touched by that.
        public enum Fault: String, Error, Hashable, Sendable, CustomStringConvertible {
            /// The scheme is neither `mailto` nor `https`.
            case scheme
            /// A `mailto` without an address, or with several (RFC 6068 section 2). Header fields are not looked at.
            case address
            /// The decoded address holds control characters, or is not UTF-8.
            case control
            /// An `https` without a host, with a percent-encoded one, or with a port above 65535.
            case host
            /// An `https` with a user name, which RFC 9110 section 4.2.4 wants to be refused.
            case user

            /// A sentence for people.
            public var description: String {
                switch self {
                case .scheme: "the scheme is neither mailto nor https"
                case .address: "the mailto URI has no address, or not one alone"
                case .control: "the address holds control characters, or is not UTF-8"
                case .host: "the https URI has no host and port that can be used"
                case .user: "the https URI has a user name"
                }
            }
        }

        /// The URI as it stands in the record, nothing decoded.
        public let text: String

        private let result: Result<Destination, Fault>

        /// A URI, or nil if the text is not within the grammar.
        public init?(_ text: String) { self.init(text.utf8.span) }

        private init?(_ octets: Span<UInt8>) { self.init(octets, from: 0, to: octets.count) }

        /// The URI at `start..<end`, or nil if that is none.
        init?(_ octets: Span<UInt8>, from start: Int, to end: Int) {
            guard let parts = URIParts(octets, from: start, to: end) else { return nil }
            text = octets.text(from: start, to: end)
            do throws(Fault) {
                result = .success(try Destination(octets, parts))
            } catch {
                result = .failure(error)
            }
        }

        /// Where the URI sends reports to, nil if it cannot be used.
        public var destination: Destination? { try? result.get() }

        /// Why the URI cannot be used, nil if it can.
        public var fault: Fault? {
            if case .failure(let fault) = result { fault } else { nil }
        }

        /// The URI as it stands in the record.
        public var description: String { text }
    }
}

extension TLSReportingRecord.Destination {
    init(_ octets: Span<UInt8>, _ parts: URIParts) throws(TLSReportingRecord.ReportURI.Fault) {
        if octets.equalsIgnoringCase("mailto", parts.scheme) {
            guard parts.authority == nil else { throw .address }
            self = .mailto(address: try MailtoAddress.read(octets.percentDecoded(parts.path)))
        } else if octets.equalsIgnoringCase("https", parts.scheme) {
            guard let authority = parts.authority, !authority.host.isEmpty, octets.isPort(authority.port),
                octets.index(of: 0x25, from: authority.host.lowerBound, to: authority.host.upperBound)
                    == authority.host.upperBound
            else { throw .host }
            guard authority.userInformation == nil else { throw .user }
            self = .https(url: octets.text(from: parts.scheme.lowerBound, to: parts.fragment))
        } else {
            throw .scheme
        }
    }
}

extension Span<UInt8> {
    /// Whether the octets of `range` are those of `literal`, which is lower-case, in either case.
    fileprivate func equalsIgnoringCase(_ literal: String, _ range: Range<Int>) -> Bool {
        guard range.count == literal.utf8.count else { return false }
        for (index, octet) in zip(range, literal.utf8) where self[index].asciiLowercased != octet { return false }
        return true
    }

    /// Whether digits are a port or, as there may be none, nothing.
    fileprivate func isPort(_ digits: Range<Int>) -> Bool {
        var number = 0
        for index in digits {
            number = number * 10 + Int(self[index] &- 0x30)
            guard number <= 65_535 else { return false }
        }
        return true
    }
}
