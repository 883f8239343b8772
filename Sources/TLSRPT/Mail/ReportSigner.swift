// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// Signs report mails by DKIM (RFC 6376) where the mail server does not.
///
/// The signature must be that of the reporting domain, cover ``ReportMessage/fieldsToSign`` and the whole body, so that
/// there must be no tag `l=` (RFC 8460 section 3). The key's record should name the service types `email:tlsrpt`: with
/// `tlsrpt` alone, ordinary verifiers would not use the key (RFC 6376 section 3.6.1).
public protocol ReportSigner: Sendable {
    /// The header field `DKIM-Signature` of a message, folded as need be, ended by CR LF; ``ReportMessage`` puts it
    /// before the message.
    ///
    /// - Parameter message: The whole message, lines ended by CR LF.
    /// - Throws: Any error; the message is not sent then.
    func signature(of message: [UInt8]) async throws -> [UInt8]
}

/// Who signs a report mail. There is no default: a report without a signature is ignored by its receiver (RFC 8460
/// section 3).
public enum ReportSigning: Sendable {
    /// The mail server that takes the message signs it, for the submitter's domain, by the rules of ``ReportSigner``.
    case signedByServer
    /// The signer does.
    case signed(by: any ReportSigner)
}

/// Why a signature is not one for a report.
public enum ReportSignatureFault: String, Error, Hashable, Sendable, CustomStringConvertible {
    /// It is not one header field `DKIM-Signature` that ends with CR LF, with lines of at most 998 octets of ASCII.
    case form
    /// Its domain (`d=`) is neither the submitter nor a domain above it.
    case domain
    /// It limits the body that it covers (`l=`), which RFC 8460 section 3 forbids.
    case lengthLimit
    /// It does not cover all of ``ReportMessage/fieldsToSign``.
    case fields

    /// A sentence for people.
    public var description: String {
        switch self {
        case .form: "the signature is not one header field DKIM-Signature"
        case .domain: "the signature is not of the reporting domain"
        case .lengthLimit: "the signature has a tag l=, which RFC 8460 forbids"
        case .fields: "the signature does not cover all header fields that it must"
        }
    }
}

extension ReportMessage {
    /// The message with its envelope, for a ``MailReportTransport``.
    ///
    /// - Throws: What the signer throws; ``ReportSignatureFault`` if its signature is not one for a report.
    public func mail(signing: ReportSigning) async throws -> ReportMail {
        switch signing {
        case .signedByServer:
            return ReportMail(sender: sender, recipient: recipient, message: octets)
        case .signed(let signer):
            let signature = try await signer.signature(of: octets)
            try check(signature)
            return ReportMail(sender: sender, recipient: recipient, message: signature + octets)
        }
    }

    private func check(_ signature: [UInt8]) throws(ReportSignatureFault) {
        guard let value = Self.signatureValue(signature) else { throw .form }
        let tags = DKIMSignature(value)
        guard let domain = tags.domain,
            submitter == domain || domain.labelCount > 1 && "\(submitter)".hasSuffix(".\(domain)")
        else { throw .domain }
        guard !tags.hasLengthLimit else { throw .lengthLimit }
        let signed = Set(tags.signedFields)
        guard Self.fieldsToSign.allSatisfy({ signed.contains($0.lowercased()) }) else { throw .fields }
    }

    /// The unfolded value, nil if that is not one field.
    private static func signatureValue(_ field: [UInt8]) -> String? {
        let name = Array("dkim-signature:".utf8)
        guard field.count > name.count, field.prefix(name.count).map(\.asciiLowercased) == name,
            field.suffix(2) == [0x0D, 0x0A], field.allSatisfy({ $0 < 0x80 })
        else { return nil }
        var value: [UInt8] = []
        for (index, line) in field.dropLast(2).split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let isLast = line.endIndex == field.count - 2
            let content = isLast ? line : line.dropLast()
            guard isLast || line.last == 0x0D, content.count <= MailSyntax.maximumLineOctets,
                index == 0 || content.first?.isBlank == true,
                content.contains(where: { !$0.isBlank }), content.allSatisfy({ $0.isBlank || $0 > 0x20 && $0 < 0x7F })
            else { return nil }
            value += content
        }
        return String(decoding: value.dropFirst(name.count), as: UTF8.self)
    }
}
