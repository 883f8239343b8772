// SPDX-License-Identifier: Apache-2.0

public import MTASTS
import NIOSSL

/// The certificate that a server showed, trusted or not.
public struct PeerCertificate: Hashable, Sendable {
    /// The certificate in DER, empty if it could not be encoded.
    public let der: [UInt8]

    /// Its DNS-IDs (the dNSName values of the subjectAltName extension), at most 1,000 of them.
    public let dnsIDs: [String]

    /// The first moment at which it is valid.
    public let notBefore: UnixTime

    /// The last moment at which it is valid.
    public let notAfter: UnixTime

    init(_ certificate: NIOSSLCertificate) {
        der = (try? certificate.toDERBytes()) ?? []
        var names: [String] = []
        for name in certificate._subjectAlternativeNames() where name.nameType == .dnsName {
            guard names.count < 1_000 else { break }
            names.append(name.contents.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
        }
        dnsIDs = names
        notBefore = UnixTime(secondsSinceEpoch: Int64(certificate.notValidBefore))
        notAfter = UnixTime(secondsSinceEpoch: Int64(certificate.notValidAfter))
    }

    /// Whether one of the DNS-IDs names the host (RFC 9525 section 6.3); a common name does not count.
    public func identifies(_ host: DomainName) -> Bool {
        dnsIDs.contains { host.matchesPresentedIdentifier($0) }
    }
}
