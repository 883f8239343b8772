// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension FailureKind {
    /// A kind of failure, what came from outside held within bounds (RFC 8460 section 7).
    init(_ type: TLSResultType, reason: String?, peer: SessionPeer, limit: Int) {
        // One of section 4.3 where there is none that could be written.
        resultType =
            type.rawValue.isPlain(limit)
            ? type : type.rawValue.plain(limit).map { TLSResultType(rawValue: $0) } ?? .validationFailure
        self.reason = reason.flatMap { $0.isPlain(limit) ? $0 : $0.plain(limit) }
        self.peer = peer
        if let helo = peer.helo, !helo.isPlain(limit) { self.peer.helo = helo.plain(limit) }
        // A URI that is cut is none, and a report that has none in its place cannot be sent (section 4.4).
        if let information = peer.additionalInformation, !information.isPlain(limit) || !information.utf8.span.isURI {
            self.peer.additionalInformation = nil
        }
    }
}

extension TLSPolicyType {
    /// The most octets kept of a policy type's name.
    private static let limit = 255

    /// The type with a name that is held within bounds.
    var bounded: TLSPolicyType {
        rawValue.isPlain(Self.limit) ? self : TLSPolicyType(rawValue: rawValue.plain(Self.limit) ?? "other")
    }
}

extension String {
    /// Whether the text is of visible ASCII and spaces, and neither empty nor too long.
    fileprivate func isPlain(_ limit: Int) -> Bool {
        let octets = utf8.span
        guard !octets.isEmpty, octets.count <= limit else { return false }
        let (ones, high): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        var index = 0
        while octets.count &- index >= 8 {
            let word = octets.word(at: index)
            // No octet above 0x7E, none below 0x20: without the high bits no carry, with them no borrow.
            guard (word | (word &+ ones)) & high == 0, ((word | high) &- ones &* 0x20) & high == high else {
                return false
            }
            index &+= 8
        }
        while index < octets.count {
            guard octets[index] &- 0x20 < 0x5F else { return false }
            index &+= 1
        }
        return true
    }

    /// The text without controls and noncharacters (RFC 7493 section 2.1), cut between characters; nil if nothing is
    /// left of it.
    fileprivate func plain(_ limit: Int) -> String? {
        var plain = String.UnicodeScalarView()
        var count = 0
        // What is taken out is not read without an end, either.
        for scalar in unicodeScalars.prefix(limit * 4) where !scalar.isControl && !scalar.value.isNoncharacter {
            count += UTF8.width(scalar)
            guard count <= limit else { break }
            plain.append(scalar)
        }
        return plain.isEmpty ? nil : String(plain)
    }
}

extension SessionPolicy {
    /// The lines of the text without their terminators (RFC 8460 section 4.4, "policy-string"). Octets that are not
    /// UTF-8 and noncharacters, which JSON may not hold (RFC 7493 section 2.1), become U+FFFD.
    var lines: [String] {
        var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            let text = String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            guard text.unicodeScalars.contains(where: \.value.isNoncharacter) else { return text }
            let scalars = text.unicodeScalars.map { $0.value.isNoncharacter ? "\u{FFFD}" : $0 }
            return String(String.UnicodeScalarView(scalars))
        }
        while lines.last == "" { lines.removeLast() }
        return lines
    }
}
