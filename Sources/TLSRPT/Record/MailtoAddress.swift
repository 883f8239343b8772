// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// The address of a `mailto` URI (RFC 6068 section 2, "addr-spec"), already decoded.
enum MailtoAddress {
    typealias Fault = TLSReportingRecord.ReportURI.Fault

    /// The address, its local part in quotes where it needs them.
    static func read(_ octets: [UInt8]) throws(Fault) -> String {
        guard let text = String(validating: octets, as: UTF8.self),
            !text.unicodeScalars.contains(where: \.isControl)
        else { throw .control }
        guard let at = octets.lastIndex(of: 0x40), let local = localPart(octets[..<at]),
            let domain = domain(octets[(at + 1)...])
        else { throw .address }
        return "\(local)@\(domain)"
    }

    private static func localPart(_ octets: ArraySlice<UInt8>) -> String? {
        guard let content = octets.first == 0x22 ? unquoted(octets) : octets, !content.isEmpty else { return nil }
        // Of what stands outside quotes an at sign says that these are several addresses.
        if octets.first != 0x22, content.contains(where: { $0 == 0x40 || $0 == 0x22 }) { return nil }
        let text = String(decoding: content, as: UTF8.self)
        return content.isDotAtom(beyondASCII: true) ? text : text.quotedString
    }

    /// What is between the quotes of a quoted string (RFC 5322 section 3.2.4), nil if it is none.
    private static func unquoted(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard octets.count >= 2, octets.last == 0x22 else { return nil }
        var content: [UInt8] = []
        var isEscaped = false
        for octet in octets.dropFirst().dropLast() {
            if !isEscaped, octet == 0x22 { return nil }
            isEscaped = !isEscaped && octet == 0x5C
            if !isEscaped { content.append(octet) }
        }
        return isEscaped ? nil : content[...]
    }

    /// A domain name, or an address in brackets (RFC 5321 section 4.1.3).
    private static func domain(_ octets: ArraySlice<UInt8>) -> String? {
        if octets.first == 0x5B {
            let content = octets.dropFirst().dropLast()
            guard octets.last == 0x5D, !content.isEmpty,
                content.allSatisfy({ $0.isASCIIAlphanumeric || $0 == 0x3A || $0 == 0x2E || $0 == 0x2D })
            else { return nil }
            return String(decoding: octets, as: UTF8.self)
        }
        let text = String(decoding: octets, as: UTF8.self)
        if octets.allSatisfy({ $0 < 0x80 }) { return DomainName(text)?.description }
        // U-labels are for who delivers the report to convert.
        guard octets.count <= DomainName.maximumOctets else { return nil }
        let labels = octets.split(separator: 0x2E, omittingEmptySubsequences: false)
        let areLabels = labels.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isLabelOctet || $0 >= 0x80 } }
        return areLabels ? text : nil
    }
}
