// SPDX-License-Identifier: Apache-2.0

@_exported public import STSCore

/// One `mx` value of a policy: the name of an MX host, or a wildcard for one label (RFC 8461 sections 3.2 and 4.1).
///
/// The grammar is `["*."] Domain` with the Domain of RFC 5321 section 4.1.2. Two spellings that differ in the case of
/// letters are equal. A pattern that is an IPv4 address, or ends in a number as one does, is grammatical and inert: it
/// matches nothing.
public struct MXPattern: Sendable {
    /// The pattern as written, without a final dot.
    public let description: String

    /// The pattern in lower case.
    package let canonical: String

    /// Whether the pattern begins with `*.`.
    public let isWildcard: Bool

    /// Whether the pattern ends in a number, as an IPv4 address does, and so can match no host.
    public let isInert: Bool

    /// Reads a pattern as a sender does: by the grammar, forgiving one final dot, which is removed, and underscores.
    ///
    /// - Throws: ``ParseError`` with the offset of the first octet that is at fault.
    public init(parsing text: String) throws(ParseError) {
        try self.init(text, leniently: true)
    }

    /// Reads a pattern by the grammar alone.
    ///
    /// - Throws: ``ParseError`` with the offset of the first octet that is at fault.
    public init(strictlyParsing text: String) throws(ParseError) {
        try self.init(text, leniently: false)
    }

    private init(_ text: String, leniently: Bool) throws(ParseError) {
        let form = try Self.form(of: text.utf8.span, from: 0, to: text.utf8.count)
        if !leniently { try form.requireStrict() }
        let source = form.hasFinalDot ? String(text.dropLast()) : text
        self.init(source, isInert: form.isInert)
    }

    /// A pattern whose text has been checked, without a final dot.
    package init(_ checkedText: String, isInert: Bool) {
        self.description = checkedText
        let hasUppercase = checkedText.utf8.contains { $0.isASCIIUppercase }
        self.canonical =
            hasUppercase ? String(decoding: checkedText.utf8.map(\.asciiLowercased), as: UTF8.self) : checkedText
        self.isWildcard = checkedText.utf8.first == 0x2A
        self.isInert = isInert
    }

    /// Whether the pattern matches the name of an MX host, by RFC 8461 section 4.1.
    ///
    /// - Parameter host: The exchange name of the MX record, or the policy domain if there is no MX record; never the
    ///   target of a CNAME record.
    public func matches(_ host: DomainName) -> Bool {
        guard !isInert else { return false }
        let pattern = description.utf8.span
        return Self.octets(pattern, from: 0, to: pattern.count, match: host.description.utf8.span)
    }
}

extension MXPattern: Hashable, CustomStringConvertible {
    /// Whether two patterns are the same but for the case of letters.
    public static func == (lhs: MXPattern, rhs: MXPattern) -> Bool { lhs.canonical == rhs.canonical }

    /// Feeds the lower-case form to the hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(canonical) }
}

extension MXPattern {
    /// Whether the pattern at `start..<end`, checked before and not inert, matches a canonical host name.
    ///
    /// A wildcard stands for exactly one whole label, the left-most (RFC 8461 section 4.1).
    @inlinable
    package static func octets(
        _ pattern: borrowing Span<UInt8>,
        from start: Int,
        to end: Int,
        match host: borrowing Span<UInt8>
    ) -> Bool {
        guard pattern[start] == 0x2A else {
            return host.count == end &- start && equals(pattern, from: start, to: end, host, from: 0)
        }
        // The dot after the star is compared with the dot after the host's first label.
        let hostStart = host.count &- (end &- start &- 1)
        guard hostStart > 0 else { return false }
        // The first label must reach up to that dot, and a valid name has no empty first label.
        guard host.index(of: 0x2E, from: 0, to: hostStart) == hostStart else { return false }
        return equals(pattern, from: start &+ 1, to: end, host, from: hostStart)
    }

    /// Whether a part of a pattern is, but for the case of its letters, the host's end of the same length.
    @usableFromInline
    package static func equals(
        _ pattern: borrowing Span<UInt8>,
        from start: Int,
        to end: Int,
        _ host: borrowing Span<UInt8>,
        from hostStart: Int
    ) -> Bool {
        let name = pattern.extracting(start..<end)
        let rest = host.extracting(hostStart..<host.count)
        guard name.count == rest.count else { return false }
        guard name.count >= 8 else {
            return isEqual(name.word(from: 0, to: name.count), rest.word(from: 0, to: rest.count))
        }
        var offset = 0
        while offset &+ 8 < name.count {
            guard isEqual(name.word(at: offset), rest.word(at: offset)) else { return false }
            offset &+= 8
        }
        // The last eight, some of which were compared before.
        return isEqual(name.word(at: name.count &- 8), rest.word(at: name.count &- 8))
    }

    /// Whether eight octets of a pattern are eight octets of a host, but for the case of the pattern's letters.
    @inline(__always)
    private static func isEqual(_ pattern: UInt64, _ host: UInt64) -> Bool {
        pattern == host || pattern.asciiLowercased == host
    }
}
