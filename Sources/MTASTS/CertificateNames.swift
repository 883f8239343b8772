// SPDX-License-Identifier: Apache-2.0

import MXPattern

/// Reads the DNS-IDs out of a certificate.
///
/// TLS stacks fall back to the subject's common name, take partial wildcards or take addresses where RFC 9525
/// section 6.3 allows none of it. The transports of this package therefore check the names once more, on the
/// certificate itself, before they send the request.
package enum CertificateNames {
    /// The dNSName values of the subjectAltName extension (RFC 5280 section 4.2.1.6), empty if there is none or the
    /// certificate cannot be read.
    ///
    /// - Parameter der: The certificate in DER.
    package static func dnsIDs(ofDER der: [UInt8]) -> [[UInt8]] {
        var outer = DERReader(der[...])
        guard let certificate = outer.next(.sequence), let extensions = extensions(of: certificate) else { return [] }
        var list = DERReader(extensions)
        while let fields = list.next(.sequence) {
            var entry = DERReader(fields)
            guard entry.next(.objectIdentifier)?.elementsEqual(subjectAltName) == true else { continue }
            _ = entry.next(.boolean)  // critical, DEFAULT FALSE
            guard let value = entry.next(.octetString) else { return [] }
            return dnsNames(in: value)
        }
        return []
    }

    /// Whether one of the certificate's DNS-IDs identifies the host (RFC 9525 section 6.3).
    package static func certificate(_ der: [UInt8], identifies host: DomainName) -> Bool {
        dnsIDs(ofDER: der).contains { host.matchesPresentedIdentifier($0.span) }
    }

    /// id-ce-subjectAltName, 2.5.29.17.
    private static let subjectAltName: [UInt8] = [0x55, 0x1D, 0x11]

    /// The list of extensions: the content of field [3] of the TBSCertificate (RFC 5280 section 4.1).
    private static func extensions(of certificate: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var signed = DERReader(certificate)
        guard let content = signed.next(.sequence) else { return nil }
        var fields = DERReader(content)
        while let field = fields.next() {
            if field.tag == .extensions {
                var wrapper = DERReader(field.content)
                return wrapper.next(.sequence)
            }
        }
        return nil
    }

    private static func dnsNames(in generalNames: ArraySlice<UInt8>) -> [[UInt8]] {
        var wrapper = DERReader(generalNames)
        guard let content = wrapper.next(.sequence) else { return [] }
        var names = DERReader(content)
        var found: [[UInt8]] = []
        while let name = names.next() {
            if name.tag == .dnsName { found.append(Array(name.content)) }
        }
        return found
    }
}
