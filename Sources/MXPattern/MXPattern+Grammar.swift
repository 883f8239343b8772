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

        /// A sentence for people.
        public var description: String {
            switch code {
            case .empty: "the mx value is empty"
            case .wildcardPlace: "a star is allowed only as the whole left-most label (octet \(offset))"
            case .emptyLabel: "empty label at octet \(offset)"
            case .labelTooLong: "the label at octet \(offset) has more than \(DomainName.maximumLabelOctets) octets"
            case .nameTooLong: "the name has more than \(DomainName.maximumOctets) octets"
            case .forbiddenOctet: "octet \(offset) is no letter, digit or hyphen"
            case .notASCII: "octet \(offset) is not ASCII: write the name in A-labels (xn--...)"
            case .hyphenAtEdge: "a label begins or ends with a hyphen at octet \(offset)"
            case .addressLiteral: "an address literal is no MX host name"
            case .finalDot: "the final dot at octet \(offset) is outside the grammar"
            case .underscore: "the underscore at octet \(offset) is outside the grammar"
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
        /// Whether the value has the shape of an IP address.
        package var isInert = false
        /// Where the value began.
        package var start: Int

        /// Throws for what only the default reader forgives.
        package func requireStrict() throws(ParseError) {
            if let underscore { throw ParseError(code: .underscore, offset: underscore - start) }
            if hasFinalDot { throw ParseError(code: .finalDot, offset: end - start) }
        }
    }

    /// Checks the octets of `start..<end` by `["*."] Domain`, taking a final dot and underscores.
    package static func form(of octets: Span<UInt8>, from start: Int, to end: Int) throws(ParseError) -> Form {
        func fault(_ code: ParseError.Code, _ index: Int) -> ParseError {
            ParseError(code: code, offset: index - start)
        }
        var form = Form(end: end, start: start)
        guard end > start else { throw fault(.empty, start) }
        if octets[start] == 0x5B { throw fault(.addressLiteral, start) }
        if octets[end - 1] == 0x2E {
            form.hasFinalDot = true
            form.end = end - 1
        }
        guard form.end > start else { throw fault(.empty, start) }
        var labelStart = start
        if octets[start] == 0x2A {
            guard form.end - start > 2, octets[start + 1] == 0x2E else { throw fault(.wildcardPlace, start) }
            labelStart = start + 2
        }
        guard form.end - labelStart <= DomainName.maximumOctets else {
            throw fault(.nameTooLong, labelStart + DomainName.maximumOctets)
        }
        var index = labelStart
        while index <= form.end {
            let octet = index < form.end ? octets[index] : 0x2E
            if octet == 0x2E {
                guard index > labelStart else { throw fault(.emptyLabel, labelStart) }
                guard index - labelStart <= DomainName.maximumLabelOctets else {
                    throw fault(.labelTooLong, labelStart)
                }
                if octets[labelStart] == 0x2D { throw fault(.hyphenAtEdge, labelStart) }
                if octets[index - 1] == 0x2D { throw fault(.hyphenAtEdge, index - 1) }
                if index < form.end { labelStart = index + 1 }
            } else if octet == 0x5F {
                if form.underscore == nil { form.underscore = index }
            } else if !octet.isASCIIAlphanumeric, octet != 0x2D {
                if octet == 0x2A { throw fault(.wildcardPlace, index) }
                throw fault(octet < 0x80 ? .forbiddenOctet : .notASCII, index)
            }
            index += 1
        }
        form.isInert = octets.endsInNumber(lastLabelFrom: labelStart, to: form.end)
        return form
    }
}
