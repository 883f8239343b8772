// SPDX-License-Identifier: Apache-2.0

/// A DNS name in canonical form: A-labels, lower case, no final dot.
///
/// It names policy domains (RFC 8461 section 1.1), policy hosts and MX hosts. Two spellings of one name are equal.
/// A label holds letters, digits, hyphens (not at its ends: RFC 5321 section 4.1.2) and underscores, which some DNS
/// services use in the names of mail exchangers. A label has at most 63 octets, a name at most 253 (RFC 1035
/// section 2.3.4). What looks like an IP address is refused, since an address has no policy (RFC 8461 section 3.4).
///
/// A name in U-labels is refused; the module MTASTSFoundation converts it first.
public struct DomainName: Hashable, Sendable {
    /// The most octets a name has in text form, without a final dot.
    public static let maximumOctets = 253

    /// The most octets a label has.
    public static let maximumLabelOctets = 63

    /// The name in canonical form.
    public let description: String

    private init(canonical: String) { self.description = canonical }

    /// Reads a name; one final dot is taken off, upper-case letters become lower-case.
    ///
    /// - Throws: ``ParseError`` with the offset of the first octet that is at fault.
    public init(parsing text: String) throws(ParseError) {
        let form = try Self.check(text.utf8.span)
        if form.isCanonical {
            self.description = text
        } else {
            self.description = Self.canonicalText(text.utf8.span, count: form.count)
        }
    }

    /// Reads a name from octets; one final dot is taken off, upper-case letters become lower-case.
    ///
    /// - Throws: ``ParseError`` with the offset of the first octet that is at fault.
    public init(parsing octets: Span<UInt8>) throws(ParseError) {
        let form = try Self.check(octets)
        self.description = Self.canonicalText(octets, count: form.count)
    }

    /// Reads a name, or gives nil where ``init(parsing:)-(String)`` throws.
    public init?(_ text: String) {
        do throws(ParseError) { try self.init(parsing: text) } catch { return nil }
    }

    /// The name with `label` and a dot put before it, or nil if that is longer than a name may be.
    ///
    /// - Parameter label: One or more labels that are valid in themselves.
    package func prefixed(by label: StaticString) -> DomainName? {
        guard hasRoom(for: label) else { return nil }
        return DomainName(canonical: "\(label).\(description)")
    }

    /// Whether ``prefixed(by:)`` gives a name.
    package func hasRoom(for label: StaticString) -> Bool {
        description.utf8.count + label.utf8CodeUnitCount + 1 <= Self.maximumOctets
    }

    /// Whether the name has one label only.
    package var isSingleLabel: Bool {
        let octets = description.utf8.span
        return octets.index(of: 0x2E, from: 0, to: octets.count) == octets.count
    }

    /// How many labels the name has.
    public var labelCount: Int {
        let octets = description.utf8.span
        var count = 1
        var dot = octets.index(of: 0x2E, from: 0, to: octets.count)
        while dot < octets.count {
            count += 1
            dot = octets.index(of: 0x2E, from: dot + 1, to: octets.count)
        }
        return count
    }
}

extension DomainName: CustomStringConvertible, Comparable {
    /// Orders names by the octets of their canonical form.
    public static func < (lhs: DomainName, rhs: DomainName) -> Bool { lhs.description < rhs.description }
}

extension DomainName {
    /// Why a text is no domain name, and where.
    public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is at fault.
        public enum Code: String, Sendable {
            /// There is nothing, or nothing but a dot.
            case empty
            /// A label has no octet: a leading dot, or two dots in a row.
            case emptyLabel
            /// A label has more than 63 octets.
            case labelTooLong
            /// The name has more than 253 octets.
            case nameTooLong
            /// An octet that no label may hold.
            case forbiddenOctet
            /// An octet above 0x7F: convert U-labels to A-labels first.
            case notASCII
            /// A label begins or ends with a hyphen.
            case hyphenAtEdge
            /// An IP address, an address literal in brackets, or a name that ends in a number as an address does.
            case ipAddress
        }

        /// What is at fault.
        public let code: Code

        /// The offset in octets, from 0, of the place at fault.
        public let offset: Int

        /// A sentence for people, which counts octets from 1.
        public var description: String {
            switch code {
            case .empty: "the domain name is empty"
            case .emptyLabel: "empty label at octet \(offset + 1)"
            case .labelTooLong: "the label at octet \(offset + 1) has more than \(maximumLabelOctets) octets"
            case .nameTooLong: "the name has more than \(maximumOctets) octets"
            case .forbiddenOctet: "octet \(offset + 1) is no letter, digit, hyphen or underscore"
            case .notASCII: "octet \(offset + 1) is not ASCII: write the name in A-labels (xn--...)"
            case .hyphenAtEdge: "a label begins or ends with a hyphen at octet \(offset + 1)"
            case .ipAddress: "an IP address is no domain name, nor is what ends in a number as one does"
            }
        }
    }

    private struct Form {
        /// Octets without a final dot.
        var count: Int
        /// Whether the text is canonical as it stands.
        var isCanonical: Bool
    }

    private static func canonicalText(_ octets: Span<UInt8>, count: Int) -> String {
        var canonical = InlineArray<253, UInt8>(repeating: 0)  // maximumOctets
        for index in 0..<count { canonical[index] = octets[index].asciiLowercased }
        // ASCII, as it was checked before, is UTF-8.
        guard let text = try? UTF8Span(validating: canonical.span.extracting(0..<count)) else { return "" }
        return String(copying: text)
    }

    private static func check(_ octets: Span<UInt8>) throws(ParseError) -> Form {
        // A long text costs no time.
        let limit = min(octets.count, Span<UInt8>.maximumPlainName + 1)
        if limit > 0, octets.endOfPlainName(from: 0, to: limit) == octets.count {
            return Form(count: limit, isCanonical: !octets.hasUppercase(from: 0, to: limit))
        }
        return try checkOctetByOctet(octets)
    }

    /// What ``check(_:)`` finds, with each fault and its place.
    private static func checkOctetByOctet(_ octets: Span<UInt8>) throws(ParseError) -> Form {
        var count = octets.count
        guard count > 0 else { throw ParseError(code: .empty, offset: 0) }
        guard count <= maximumOctets + 1 else { throw ParseError(code: .nameTooLong, offset: maximumOctets) }
        if octets[0] == 0x5B { throw ParseError(code: .ipAddress, offset: 0) }
        let hasFinalDot = octets[count - 1] == 0x2E
        if hasFinalDot { count -= 1 }
        guard count > 0 else { throw ParseError(code: .empty, offset: 0) }
        guard count <= maximumOctets else { throw ParseError(code: .nameTooLong, offset: maximumOctets) }
        var isCanonical = !hasFinalDot
        var labelStart = 0
        var index = 0
        while index < count {
            let octet = octets[index]
            if octet == 0x2E {
                try checkLabel(octets, from: labelStart, to: index)
                labelStart = index + 1
            } else if octet.isASCIIUppercase {
                isCanonical = false
            } else if !octet.isLabelOctet {
                if octet == 0x3A { throw ParseError(code: .ipAddress, offset: index) }
                throw ParseError(code: octet < 0x80 ? .forbiddenOctet : .notASCII, offset: index)
            }
            index += 1
        }
        try checkLabel(octets, from: labelStart, to: count)
        if octets.endsInNumber(lastLabelFrom: labelStart, to: count) {
            throw ParseError(code: .ipAddress, offset: labelStart)
        }
        return Form(count: count, isCanonical: isCanonical)
    }

    private static func checkLabel(_ octets: Span<UInt8>, from start: Int, to end: Int) throws(ParseError) {
        guard end > start else { throw ParseError(code: .emptyLabel, offset: start) }
        guard end - start <= maximumLabelOctets else { throw ParseError(code: .labelTooLong, offset: start) }
        if octets[start] == 0x2D { throw ParseError(code: .hyphenAtEdge, offset: start) }
        if octets[end - 1] == 0x2D { throw ParseError(code: .hyphenAtEdge, offset: end - 1) }
    }
}

extension Span<UInt8> {
    /// Whether the last label, at `start..<end`, is a number as address parsers of C libraries read one: decimal
    /// digits, or `0x` and hexadecimal digits. No top-level domain is of that shape, an IPv4 address always is.
    package func endsInNumber(lastLabelFrom start: Int, to end: Int) -> Bool {
        guard end > start, self[start].isASCIIDigit else { return false }
        if end &- start >= 2, self[start] == 0x30, self[start &+ 1] | 0x20 == 0x78 {
            var index = start &+ 2
            while index < end {
                let octet = self[index]
                guard octet.isASCIIDigit || (octet | 0x20) &- 0x61 < 6 else { return false }
                index &+= 1
            }
            return true
        }
        var index = start
        while index < end {
            guard self[index].isASCIIDigit else { return false }
            index &+= 1
        }
        return true
    }
}

// Host names eight octets at a time. Marks are the highest bit of an octet; the lowest octet of a word is the first.

/// The classes of the eight octets of a word.
@usableFromInline
struct OctetClasses {
    /// Hyphens and dots, which stand side by side in ASCII.
    @usableFromInline let edges: UInt64
    /// Neither letter nor digit.
    @usableFromInline let notAlphanumeric: UInt64

    @inlinable
    @inline(__always)
    init(_ word: UInt64) {
        // Of seven bits each, a sum of two stays within its octet.
        let low = word & 0x7F7F_7F7F_7F7F_7F7F
        let folded = low | 0x2020_2020_2020_2020
        let atLeastA = folded &+ 0x1F1F_1F1F_1F1F_1F1F  // carries into the highest bit from 0x61 on
        let aboveZ = folded &+ 0x0505_0505_0505_0505  // from 0x7B on
        let atLeast0 = low &+ 0x5050_5050_5050_5050  // from 0x30 on
        let above9 = low &+ 0x4646_4646_4646_4646  // from 0x3A on
        let atLeastHyphen = low &+ 0x5353_5353_5353_5353  // from 0x2D on
        let aboveDot = low &+ 0x5151_5151_5151_5151  // from 0x2F on
        edges = atLeastHyphen & ~aboveDot & ~word & 0x8080_8080_8080_8080
        notAlphanumeric = (~(atLeastA & ~aboveZ | atLeast0 & ~above9) | word) & 0x8080_8080_8080_8080
    }
}

extension Span<UInt8> {
    /// The end of the plain name that reaches from `start` as far as its octets go; `start` if there is no such name.
    ///
    /// A plain name consists of letters, digits, hyphens and dots, has no two of the latter side by side and none at
    /// its ends, no digit at the beginning of its last part, and at most 63 octets. It is a valid host name then, and
    /// no IP address. Nearly all names are plain; what is not is for a reader that goes octet by octet, which knows the
    /// rest of the grammar, each fault and its place.
    @inlinable
    package func endOfPlainName(from start: Int, to limit: Int) -> Int {
        let octets = extracting(start..<limit)
        var index = 0
        var faults: UInt64 = 0
        // What stood before the word; before the start it counts as a dot.
        var before: UInt64 = 0x80
        while true {
            // Past the limit the word is zero, so that the name ends there.
            let isWhole = octets.count &- index >= 8
            let classes = OctetClasses(isWhole ? octets.word(at: index) : octets.lastWord(from: index))
            let others = classes.notAlphanumeric & ~classes.edges
            let afterEdge = classes.edges &<< 8 | before
            if others != 0 {
                let first = others & (0 &- others)
                faults |= classes.edges & afterEdge & (first &- 1) | afterEdge & first
                index &+= first.trailingZeroBitCount &>> 3
                break
            }
            faults |= classes.edges & afterEdge
            before = classes.edges &>> 56
            index &+= 8
        }
        guard faults == 0, index <= Self.maximumPlainName else { return start }
        var part = index &- 1
        while part > 0, octets[part &- 1] &- 0x2D >= 2 { part &-= 1 }
        return octets[part].isASCIIDigit ? start : start &+ index
    }

    /// A name of at most so many octets has no label that is too long.
    @inlinable
    package static var maximumPlainName: Int { 63 }

    /// The first index at or after `start` and before `end` whose octet is no letter and no digit, or `end`.
    @inlinable
    package func indexAfterAlphanumerics(from start: Int, to end: Int) -> Int {
        var index = start
        while index < end {
            // Past the end the word is zero, which is no letter.
            let others = OctetClasses(word(from: index, to: end)).notAlphanumeric
            if others != 0 { return index &+ others.trailingZeroBitCount &>> 3 }
            index &+= 8
        }
        return end
    }

    /// Whether `start..<end` has an ASCII upper-case letter.
    package func hasUppercase(from start: Int, to end: Int) -> Bool {
        var index = start
        while index < end {
            let word = word(from: index, to: end)
            if word != word.asciiLowercased { return true }
            index &+= 8
        }
        return false
    }
}
