// SPDX-License-Identifier: Apache-2.0

extension MXPattern {
    /// Why a text is no `mx` value, and where.
    public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is at fault.
        public enum Code: String, Sendable {
            /// There is nothing, or nothing but a dot.
            case empty
            /// A star elsewhere than as the whole left-most label.
            case wildcardPlace
            /// A label has no octet: a leading dot, or two dots in a row.
            case emptyLabel
            /// A label has more than 63 octets.
            case labelTooLong
            /// The name has more than 253 octets.
            case nameTooLong
            /// An octet that no label may hold.
            case forbiddenOctet
            /// An octet above 0x7F: U-labels are to be written as A-labels (RFC 8461 section 3.2).
            case notASCII
            /// A label begins or ends with a hyphen.
            case hyphenAtEdge
            /// An address literal in brackets.
            case addressLiteral
            /// A final dot, which the grammar forbids and a sender removes.
            case finalDot
            /// An underscore, which the grammar forbids and a sender takes.
            case underscore
        }

        /// What is at fault.
        public let code: Code

        /// The offset in octets, from 0, of the place at fault.
        public let offset: Int

        /// A sentence for people, which counts octets from 1.
        public var description: String {
            switch code {
            case .empty: "the mx value is empty"
            case .wildcardPlace: "a star is allowed only as the whole left-most label (octet \(offset + 1))"
            case .emptyLabel: "empty label at octet \(offset + 1)"
            case .labelTooLong: "the label at octet \(offset + 1) has more than \(DomainName.maximumLabelOctets) octets"
            case .nameTooLong: "the name has more than \(DomainName.maximumOctets) octets"
            case .forbiddenOctet: "octet \(offset + 1) is no letter, digit or hyphen"
            case .notASCII: "octet \(offset + 1) is not ASCII: write the name in A-labels (xn--...)"
            case .hyphenAtEdge: "a label begins or ends with a hyphen at octet \(offset + 1)"
            case .addressLiteral: "an address literal is no MX host name"
            case .finalDot: "the final dot at octet \(offset + 1) is outside the grammar"
            case .underscore: "the underscore at octet \(offset + 1) is outside the grammar"
            }
        }
    }

    /// What the grammar finds in an `mx` value.
    package struct Form {
        /// The end of the value without a final dot.
        package var end: Int
        /// Whether a final dot was there.
        package var hasFinalDot = false
        /// The index of the first underscore.
        package var underscore: Int?
        /// Whether the value ends in a number, as an IPv4 address does.
        package var isInert = false
        /// Where the value began.
        package var start: Int

        /// Throws for what only the default reader forgives.
        package func requireStrict() throws(ParseError) {
            if let underscore { throw ParseError(code: .underscore, offset: underscore - start) }
            if hasFinalDot { throw ParseError(code: .finalDot, offset: end - start) }
        }
    }

    /// The end of the pattern at `start` if it is a plain name, with `*.` before it or not; `start` if it is not, or
    /// if that is for ``form(of:from:to:)`` to say. The grammar takes it as it stands, and it is not inert.
    @inlinable
    package static func endOfPlainPattern(_ octets: borrowing Span<UInt8>, from start: Int, to limit: Int) -> Int {
        let nameStart = octets.hasPrefix("*.", at: start, to: limit) ? start &+ 2 : start
        let end = octets.endOfPlainName(from: nameStart, to: limit)
        return end == nameStart ? start : end
    }

    /// Checks the octets of `start..<end` by `["*."] Domain`, taking a final dot and underscores.
    package static func form(of octets: Span<UInt8>, from start: Int, to end: Int) throws(ParseError) -> Form {
        if start < end, endOfPlainPattern(octets, from: start, to: end) == end { return Form(end: end, start: start) }
        return try formOctetByOctet(of: octets, from: start, to: end)
    }

    /// What ``form(of:from:to:)`` finds, with each fault and its place.
    static func formOctetByOctet(of octets: Span<UInt8>, from start: Int, to end: Int) throws(ParseError) -> Form {
        var form = Form(end: end, start: start)
        guard end > start else { throw ParseError(code: .empty, offset: 0) }
        if octets[start] == 0x5B { throw ParseError(code: .addressLiteral, offset: 0) }
        if octets[end - 1] == 0x2E {
            form.hasFinalDot = true
            form.end = end - 1
        }
        guard form.end > start else { throw ParseError(code: .empty, offset: 0) }
        let value = octets.extracting(start..<form.end)
        var labelStart = 0
        if value[0] == 0x2A {
            guard value.count > 2, value[1] == 0x2E else { throw ParseError(code: .wildcardPlace, offset: 0) }
            labelStart = 2
        }
        guard value.count - labelStart <= DomainName.maximumOctets else {
            throw ParseError(code: .nameTooLong, offset: labelStart + DomainName.maximumOctets)
        }
        var index = labelStart
        while index < value.count {
            let octet = value[index]
            if octet == 0x2E {
                try checkLabel(value, from: labelStart, to: index)
                labelStart = index + 1
            } else if octet == 0x5F {
                if form.underscore == nil { form.underscore = start + index }
            } else if !octet.isASCIIAlphanumeric, octet != 0x2D {
                throw ParseError(code: fault(of: octet), offset: index)
            }
            index += 1
        }
        try checkLabel(value, from: labelStart, to: index)
        form.isInert = value.endsInNumber(lastLabelFrom: labelStart, to: value.count)
        return form
    }

    private static func checkLabel(_ value: Span<UInt8>, from start: Int, to end: Int) throws(ParseError) {
        guard end > start else { throw ParseError(code: .emptyLabel, offset: start) }
        guard end - start <= DomainName.maximumLabelOctets else { throw ParseError(code: .labelTooLong, offset: start) }
        if value[start] == 0x2D { throw ParseError(code: .hyphenAtEdge, offset: start) }
        if value[end - 1] == 0x2D { throw ParseError(code: .hyphenAtEdge, offset: end - 1) }
    }

    private static func fault(of octet: UInt8) -> ParseError.Code {
        if octet == 0x2A { return .wildcardPlace }
        return octet < 0x80 ? .forbiddenOctet : .notASCII
    }
}

extension MXPattern.ParseError.Code {
    /// The fault in a few words, for people who see the value and not its offsets.
    package var reason: String {
        switch self {
        case .empty: "it has no label"
        case .wildcardPlace: "a star in the wrong place"
        case .emptyLabel: "two dots in a row, or a dot at an end"
        case .labelTooLong: "a label of more than \(DomainName.maximumLabelOctets) octets"
        case .nameTooLong: "more than \(DomainName.maximumOctets) octets"
        case .forbiddenOctet: "labels hold letters, digits and hyphens only"
        case .notASCII: "not ASCII"
        case .hyphenAtEdge: "a label begins or ends with a hyphen"
        case .addressLiteral: "an address literal"
        case .finalDot: "a final dot"
        case .underscore: "an underscore"
        }
    }
}
