// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension JSONDocument {
    /// The values of an array.
    func elements(_ array: Int) -> UnfoldSequence<Int, Int> {
        let end = next(array)
        return sequence(state: array + 1) { element in
            guard element < end else { return nil }
            defer { element = next(element) }
            return element
        }
    }
}

extension ReportDecoder {
    /// The members of an object, and those that RFC 8460 section 4.4 does not know.
    mutating func members<Member: ReportMember>(
        of object: Int,
        _ place: ReportPlace,
        as: Member.Type
    ) -> (ReportMembers<Member>, [TLSReport.UnknownMember]) {
        var members = ReportMembers<Member>()
        var unknown: [TLSReport.UnknownMember] = []
        let end = document.next(object)
        var name = object + 1
        while name < end {
            let value = name + 1
            if let member = member(name, as: Member.self) {
                members[member] = value
            } else {
                let text = document.string(name)
                if document.hasNoncharacters(within: name) || document.hasNoncharacters(within: value) {
                    deviations.note(.noncharacter, place.path(unknown: text))
                }
                unknown.append(TLSReport.UnknownMember(name: text, json: document.source(value)))
            }
            name = document.next(value)
        }
        return (members, unknown)
    }

    private func member<Member: ReportMember>(_ name: Int, as: Member.Type) -> Member? {
        for index in 0..<Member.count {
            if let member = Member(rawValue: index), document.isName(name, member.name) { return member }
        }
        return nil
    }

    /// An object; nil if it is missing, null or an empty text.
    mutating func object(_ value: Int?, _ place: ReportPlace, _ name: StaticString) throws(Fault) -> Int? {
        guard let value else { return nil }
        switch document.kind(value) {
        case .object: return value
        case .null: deviations.note(.null, place.path(name))
        case .string where document.tokens[value].content.isEmpty: deviations.note(.emptyText, place.path(name))
        default: throw Fault(.wrongType, at: document.offset(value), path: place.path(name))
        }
        return nil
    }

    /// A text; nil if it is missing, null or empty.
    mutating func text(
        _ value: Int?,
        _ place: ReportPlace,
        _ name: StaticString,
        element: Int? = nil
    ) throws(Fault) -> String? {
        guard let value else { return nil }
        switch document.kind(value) {
        case .null: deviations.note(.null, place.path(name, element: element))
        case .string where document.tokens[value].content.isEmpty:
            deviations.note(.emptyText, place.path(name, element: element))
        case .string:
            if document.hasNoncharacters(within: value) {
                deviations.note(.noncharacter, place.path(name, element: element))
            }
            return document.string(value)
        default: throw Fault(.wrongType, at: document.offset(value), path: place.path(name, element: element))
        }
        return nil
    }

    /// A text that must be there.
    mutating func requiredText(_ value: Int?, _ place: ReportPlace, _ name: StaticString) throws(Fault) -> String? {
        let text = try text(value, place, name)
        if text == nil { deviations.note(.missing, place.path(name)) }
        return text
    }

    /// An array of texts.
    ///
    /// - Parameter keepsEmpty: Whether an empty text is an element as any other, as an empty line of a policy is.
    mutating func list(
        _ value: Int?,
        _ place: ReportPlace,
        _ name: StaticString,
        keepsEmpty: Bool
    ) throws(Fault) -> [String] {
        guard let value else { return [] }
        if document.kind(value) == .string { deviations.note(.singleForArray, place.path(name)) }
        guard document.kind(value) == .array else { return try text(value, place, name).map { [$0] } ?? [] }
        var texts: [String] = []
        for (index, element) in document.elements(value).enumerated() {
            var elements = element..<element + 1
            if document.kind(element) == .array {
                deviations.note(.nestedArray, place.path(name, element: index))
                // All that is within it must be a text, so that each takes one token.
                elements = element + 1..<document.next(element)
            }
            for element in elements {
                if keepsEmpty, document.kind(element) == .string, document.tokens[element].content.isEmpty {
                    texts.append("")
                } else if let text = try text(element, place, name, element: index) {
                    texts.append(text)
                }
            }
        }
        return texts
    }

    /// A count of sessions, which is a whole number from 0 to 2^53 - 1 (RFC 7493 section 2.2).
    mutating func count(
        _ value: Int?,
        of object: Int,
        _ place: ReportPlace,
        _ name: StaticString
    ) throws(Fault) -> Int {
        guard let value, document.kind(value) != .null else {
            throw Fault(.missingCount, at: document.offset(value ?? object), path: place.path(name))
        }
        let token = document.tokens[value]
        let read: SessionCount?
        switch token.kind {
        case .number: read = SessionCount(document.octets.span, token.range)
        case .string where token.content.isEmpty:
            throw Fault(.missingCount, at: document.offset(value), path: place.path(name))
        case .string:
            deviations.note(.countAsText, place.path(name))
            let number = SessionCount(document.octets.span, token.content)
            read = number?.isInteger == true ? number : nil
        default: throw Fault(.wrongType, at: document.offset(value), path: place.path(name))
        }
        guard let read else { throw Fault(.invalidCount, at: document.offset(value), path: place.path(name)) }
        guard read.value <= TLSReport.Summary.maximumCount else {
            throw Fault(.countTooLarge, at: document.offset(value), path: place.path(name))
        }
        if !read.isInteger { deviations.note(.countNotInteger, place.path(name)) }
        return read.value
    }

    /// A moment; nil if it is missing, null or empty.
    mutating func date(_ value: Int?, _ place: ReportPlace, _ name: StaticString) throws(Fault) -> UnixTime? {
        guard let text = try requiredText(value, place, name), let value else { return nil }
        guard let date = ReportDate(text.utf8.span) else {
            throw Fault(.invalidDate, at: document.offset(value), path: place.path(name))
        }
        for deviation in date.deviations { deviations.note(deviation, place.path(name)) }
        return date.moment
    }

    /// "contact-info" as an addr-spec if there is one in it.
    mutating func contactInfo(_ text: String, _ place: ReportPlace) -> String {
        let contact = ContactInfo(text)
        if let deviation = contact.deviation {
            deviations.note(deviation, place.path(RootMember.contactInfo.name))
        }
        return contact.address
    }
}

extension TLSReport.Summary {
    /// 2^53 - 1, the most that a count can be (RFC 7493 section 2.2).
    static let maximumCount = SessionTotals.maximum
}

/// A JSON number that may be a count.
struct SessionCount {
    /// The number; what is above 10^16 is held there.
    let value: Int
    /// Whether it is written in digits alone.
    let isInteger: Bool

    /// A number that is whole and not negative; nil for any other and for what is no JSON number.
    init?(_ octets: Span<UInt8>, _ range: Range<Int>) {
        var digits = DecimalDigits()
        var at = range.lowerBound
        at = digits.read(octets, at, range.upperBound, movesPoint: true)
        // The caller has read numbers by their grammar; a text may hold anything.
        guard at > range.lowerBound, octets[range.lowerBound] != 0x30 || at == range.lowerBound + 1 else { return nil }
        isInteger = at == range.upperBound
        if at < range.upperBound, octets[at] == 0x2E {
            at = digits.read(octets, at + 1, range.upperBound, movesPoint: false)
        }
        if at < range.upperBound, octets[at] | 0x20 == 0x65 {
            var exponent = 0
            at += 1
            let isNegative = at < range.upperBound && octets[at] == 0x2D
            if at < range.upperBound, octets[at] == 0x2D || octets[at] == 0x2B { at += 1 }
            while at < range.upperBound, octets[at].isASCIIDigit {
                exponent = min(exponent * 10 + Int(octets[at] - 0x30), 1 << 40)
                at += 1
            }
            digits.point += isNegative ? -exponent : exponent
        }
        guard at == range.upperBound, let whole = digits.whole else { return nil }
        value = whole
    }
}

/// The digits of a decimal number without the zeros at its ends.
private struct DecimalDigits {
    /// How many digits stand before the decimal point, less than 0 for zeros after it.
    var point = 0
    private var value = 0
    private var count = 0
    /// Zeros that only count if another digit follows.
    private var zeros = 0
    /// More digits than a count can have.
    private var isLong = false

    mutating func read(_ octets: Span<UInt8>, _ start: Int, _ end: Int, movesPoint: Bool) -> Int {
        var at = start
        while at < end, octets[at].isASCIIDigit {
            let digit = Int(octets[at] - 0x30)
            at += 1
            let isLeadingZero = digit == 0 && count == 0
            // A zero after the point that nothing stands before moves the first digit away from it.
            if movesPoint != isLeadingZero { point += movesPoint ? 1 : -1 }
            if isLeadingZero { continue }
            if digit == 0 {
                zeros += 1
                continue
            }
            append(digit)
        }
        return at
    }

    private mutating func append(_ digit: Int) {
        count += zeros + 1
        if count > 17 {
            isLong = true
        } else {
            for _ in 0..<zeros { value *= 10 }
            value = value * 10 + digit
        }
        zeros = 0
    }

    /// The number if it is whole, held at 10^16.
    var whole: Int? {
        let most = 10_000_000_000_000_000
        if count == 0 { return 0 }
        // Fewer digits before the point than there are: it has a fraction.
        guard point >= count else { return nil }
        guard !isLong, point <= 16 else { return most }
        var whole = value
        for _ in count..<point { whole *= 10 }
        return whole
    }
}
