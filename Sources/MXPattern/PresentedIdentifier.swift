// SPDX-License-Identifier: Apache-2.0

extension DomainName {
    /// Whether a DNS-ID that a certificate presents identifies this host, by RFC 9525 section 6.3.
    ///
    /// This is the check of RFC 8461 section 4.2 for an MX host and of section 3.3 for a policy host. The reference
    /// identifier is the host's own name: never a pattern of the policy, never the next hop, never the target of a
    /// CNAME record. A wildcard is taken only as the whole left-most label of the certificate's name and stands for
    /// one label. The subject's common name must not be handed in: it does not count.
    ///
    /// - Parameter dnsID: The value of a dNSName in the certificate's subjectAltName extension.
    public func matchesPresentedIdentifier(_ dnsID: String) -> Bool {
        matchesPresentedIdentifier(dnsID.utf8.span)
    }

    /// Whether a DNS-ID, given as octets, identifies this host, by RFC 9525 section 6.3.
    ///
    /// - Parameter dnsID: The octets of a dNSName in the certificate's subjectAltName extension.
    public func matchesPresentedIdentifier(_ dnsID: Span<UInt8>) -> Bool {
        guard !dnsID.isEmpty else { return false }
        // A star elsewhere, a dot at the end, NUL and all else that no canonical name holds fails the comparison.
        if dnsID[0] == 0x2A {
            guard dnsID.count > 2, dnsID[1] == 0x2E else { return false }
        }
        return MXPattern.octets(dnsID, from: 0, to: dnsID.count, match: description.utf8.span)
    }

    /// Whether any of a certificate's DNS-IDs identifies this host, by RFC 9525 section 6.3.
    ///
    /// - Parameter dnsIDs: All dNSName values of the certificate's subjectAltName extension; with none the answer is
    ///   false, since there is no fallback to the common name (RFC 8461 section 4.2).
    public func matchesAnyPresentedIdentifier(_ dnsIDs: [String]) -> Bool {
        dnsIDs.contains { matchesPresentedIdentifier($0) }
    }
}
