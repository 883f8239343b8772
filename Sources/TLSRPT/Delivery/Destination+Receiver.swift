// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension TLSReportingRecord.Destination {
    /// What the destinations of one server have in common: of a URL its host and port, as in `mx.example:443`. Of a mail
    /// address it is the address, since a server's trouble with one mailbox need not concern its others.
    package var receiver: String {
        switch self {
        case .mailto(let address): address
        case .https(let url): Self.hostAndPort(url.utf8.span) ?? url
        }
    }

    private static func hostAndPort(_ url: Span<UInt8>) -> String? {
        guard let authority = URIParts(url, from: 0, to: url.count)?.authority else { return nil }
        var host = url.octets(from: authority.host.lowerBound, to: authority.host.upperBound).map(\.asciiLowercased)
        if host.last == 0x2E { host.removeLast() }
        let port = Int(url.text(from: authority.port.lowerBound, to: authority.port.upperBound)) ?? 443
        return "\(String(decoding: host, as: UTF8.self)):\(port)"
    }

    /// Whether a mail address may be somebody else's. At a name of a single label, or at an address that is not public, it
    /// means the mail server itself or its neighbours to the server that is to deliver it, and a stranger's record must
    /// not choose those.
    package static func isPublic(mailbox address: String) -> Bool {
        let domain = address.lastIndex(of: "@").map { address[address.index(after: $0)...] } ?? address[...]
        guard domain.first == "[" else { return !(DomainName(String(domain))?.isSingleLabel ?? false) }
        return IPAddress(literal: String(domain))?.isPublic ?? false
    }
}
