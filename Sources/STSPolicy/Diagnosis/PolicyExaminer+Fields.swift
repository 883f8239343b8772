// SPDX-License-Identifier: Apache-2.0

internal import MXPattern
internal import STSCore
internal import TextDiagnosis

// Rules about fields: their names, their repetition and what is common to their values.

extension PolicyExaminer {
    /// A line in which the parser finds a name and a value.
    mutating func examineField(_ shape: Shape, _ plain: PlainText, _ line: Line) {
        let name = octets[shape.name]
        guard let field = PolicyField(exactly: name) else { return examineUnknownField(shape, plain, line) }
        if meant[field] == nil { meant[field] = line.number }
        if field != .mx, let first = counted[field] {
            guard extensionFault(shape) == nil else { return reportExtensionValue(shape) }
            if !isWithinLine { reportRepeated(field, line, first) }
            return
        }
        if counted[field] == nil, !isWithinLine { counted[field] = line }
        if accepts(field, octets[shape.value]) {
            noteAccepted(field, octets[shape.value], shape.value)
        } else {
            examineValue(of: field, plain, after: shape.name.count + 1)
        }
    }

    private mutating func reportRepeated(_ field: PolicyField, _ line: Line, _ first: Line) {
        findings.add(
            .duplicateField,
            .warning,
            line.range,
            "A second \(field.rawValue): senders go by the first, in line \(first.number). Delete one of them."
        )
    }

    private mutating func examineUnknownField(_ shape: Shape, _ plain: PlainText, _ line: Line) {
        let name = octets[shape.name]
        if name.count > 32 {
            findings.add(
                .fieldNameTooLong,
                .error,
                shape.name,
                "\(quoted(name)) has \(name.count) octets: a field name has at most 32. Shorten it, or delete the line."
            )
        }
        if let (field, nearness) = PolicyField.meant(by: name) {
            // Without a line of the right name the field is missing, and no sender takes the policy.
            let isMissing = !present.contains(field) && !(field == .mx && isModeNone)
            reportNearName(field, nearness, isMissing ? .error : .warning, shape.name)
            if isMissing {
                if meant[field] == nil { meant[field] = line.number }
                return examineValue(of: field, plain, after: shape.name.count + 1)
            }
        } else if name.elementsEqual("id".utf8) {
            findings.add(
                .idField,
                .warning,
                line.range,
                "The id belongs into the TXT record at _mta-sts.YOURDOMAIN; senders ignore it here. Delete the line."
            )
        } else if name.count <= 32, extensionFault(shape) == nil {
            noteUnknown(shape, line)
        }
        reportExtensionValue(shape)
    }

    private mutating func noteUnknown(_ shape: Shape, _ line: Line) {
        let name = octets[shape.name]
        guard let first = unknownLines[name] else {
            unknownLines[name] = line.number
            return findings.add(
                .unknownField,
                .note,
                shape.name,
                "\(quoted(name)) is no field that senders know: they ignore the line."
            )
        }
        findings.add(
            .duplicateField,
            .note,
            shape.name,
            """
            A second \(quoted(name)), after that in line \(first): of fields with one name only the first counts, and senders \
            ignore that too. Delete one of them.
            """
        )
    }

    /// Notes a name that is near that of a field.
    mutating func reportNearName(
        _ field: PolicyField,
        _ nearness: PolicyField.Nearness,
        _ severity: Severity,
        _ range: Range<Int>
    ) {
        let advice = severity == .error ? "write" : "senders ignore the line. Delete it, or write"
        switch nearness {
        case .exact:
            return
        case .letterCase:
            findings.add(
                .fieldCase,
                severity,
                range,
                "\(quoted(range)): field names are lower-case and compared letter by letter: \(advice) \(field.rawValue)."
            )
        case .spelling:
            let hint = field == .maxAge && !octets[range].contains(0x5F) ? " with an underscore" : ""
            findings.add(
                .fieldTypo,
                severity,
                range,
                "\(quoted(range)) is not a field of a policy: \(advice) \(field.rawValue)\(hint)."
            )
        }
    }

    /// Notes the first fault in the value of an unknown or repeated field; it makes the whole policy invalid.
    private mutating func reportExtensionValue(_ shape: Shape) {
        guard let fault = extensionFault(shape) else { return }
        guard !shape.value.isEmpty else {
            findings.add(
                .emptyValue,
                .error,
                shape.name,
                "\(quoted(shape.name)) has no value, and that makes the whole policy invalid: delete the line."
            )
            return
        }
        reportForbidden(at: fault)
    }

    private mutating func reportForbidden(at index: Int) {
        let octet = octets[index]
        let what = octet >= 0x80 ? "an octet that is not UTF-8" : octet == 0x09 ? "a tab" : "a control character"
        findings.add(
            octet >= 0x80 ? .encoding : .extensionValue,
            .error,
            index..<index + 1,
            "The value holds \(what) (0x\(hexadecimal(UInt32(octet), digits: 2))): delete it, or the whole line."
        )
    }

    /// Notes the first octet of a value that is not UTF-8; false if there is none.
    private mutating func reportEncoding(_ value: ArraySlice<UInt8>, _ plain: PlainText) -> Bool {
        guard let place = PolicyReader.firstFault(inExtensionValue: value.span, from: 0, to: value.count),
            place < value.count, value[value.startIndex + place] >= 0x80
        else { return false }
        reportForbidden(at: plain.source(value.startIndex + place..<value.startIndex + place + 1).lowerBound)
        return true
    }

    private func extensionFault(_ shape: Shape) -> Int? {
        PolicyReader.firstFault(inExtensionValue: octets.span, from: shape.value.lowerBound, to: shape.value.upperBound)
    }

    /// Whether the sender's parser takes a value for a field.
    func accepts(_ field: PolicyField, _ value: ArraySlice<UInt8>) -> Bool {
        switch field {
        case .version: return value.elementsEqual("STSv1".utf8)
        case .mode: return STSPolicy.Mode.allCases.contains { value.elementsEqual($0.rawValue.utf8) }
        case .maxAge: return (1...10).contains(value.count) && value.allSatisfy(\.isASCIIDigit)
        case .mx: return patternForm(value) != nil
        }
    }

    /// What the grammar finds in an `mx` value, nil if it is none.
    func patternForm(_ value: ArraySlice<UInt8>) -> MXPattern.Form? {
        try? MXPattern.form(of: value.span, from: 0, to: value.count)
    }

    /// Examines the value of a field that stands from a place of the line's plain text on.
    mutating func examineValue(of field: PolicyField, _ plain: PlainText, after start: Int) {
        let before = findings.total
        let end = examineFurtherFields(plain, after: start)
        reportLookAlikes(plain, start..<end)
        let found = plain.octets[start..<end].trimmed
        let value = reportWrapping(of: found, field, plain)
        if reportControlCharacter(value, plain) || reportEncoding(value, plain) { return }
        let place = plain.source(value.startIndex..<value.endIndex)
        if accepts(field, value) { return noteAccepted(field, value, place) }
        guard !value.isEmpty else {
            guard findings.total == before || found.isEmpty else { return }
            findings.add(.emptyValue, .error, place, "\(field.rawValue) has no value: \(field.advice).")
            return
        }
        switch field {
        case .version: explainVersion(value, place)
        case .mode: explainMode(value, place)
        case .maxAge: explainMaxAge(value, place)
        case .mx: explainMX(value, place, plain)
        }
    }

    /// Examines further fields that stand in the line after a value, and gives the end of that value.
    private mutating func examineFurtherFields(_ plain: PlainText, after start: Int) -> Int {
        let all = plain.octets[start...]
        // Fields that are themselves within a line were cut apart before.
        guard !isWithinLine, let starts = all.furtherFields else { return plain.octets.count }
        let ends = starts.map { all[..<$0].withoutSeparatorsAtEnd.endIndex } + [all.withoutSeparatorsAtEnd.endIndex]
        let place = plain.source(ends[0]..<plain.octets.count)
        let isEscaped = plain.octets[ends[0]..<starts[0]].contains(0x5C)
        findings.add(
            .severalFields,
            .error,
            place,
            "Several fields in one line: write each in a line of its own."
                + (isEscaped ? " A backslash and an \"n\" are no line end." : "")
        )
        let stretches = zip(starts, ends.dropFirst()).map { plain.source($0..<$1) }
        examineWithinLine(stretches[...], Line(number: lineNumber(of: place.lowerBound), range: place))
        return ends[0]
    }

    /// Notes quotation marks in a part of the text; typographic ones are noted as such.
    mutating func reportQuotes(_ range: Range<Int>) {
        guard octets[range].contains(where: \.isQuote) else { return }
        findings.add(.quotes, .error, range, "Quotation marks: names and values are written without them. Delete them.")
    }

    /// Notes quotation marks, comments and punctuation round a value, and gives the value without them.
    private mutating func reportWrapping(
        of found: ArraySlice<UInt8>,
        _ field: PolicyField,
        _ plain: PlainText
    ) -> ArraySlice<UInt8> {
        var value = found
        if let comment = value.commentStart {
            findings.add(
                .comment,
                .error,
                plain.source(comment..<value.endIndex),
                "A comment after the value: a policy has none. Delete it."
            )
            value = value[..<comment].trimmed
        }
        let isPunctuation: (UInt8) -> Bool = {
            $0 == 0x2C || $0 == 0x3B || $0 == 0x5C || $0 == 0x7D || $0 == 0x2E && field != .mx
        }
        let bare = value.prefix(
            upTo: (value.lastIndex { !isPunctuation($0) && !$0.isBlank } ?? value.startIndex - 1) + 1
        )
        if bare.count < value.count, !bare.isEmpty {
            findings.add(
                .trailingPunctuation,
                .error,
                plain.source(bare.endIndex..<value.endIndex),
                "\(quoted(value[bare.endIndex...])) after the value: nothing but the line end closes a field. Delete it."
            )
            value = bare
        }
        let unquoted = value.unquoted
        if unquoted.count < value.count {
            reportQuotes(plain.source(value.startIndex..<value.endIndex))
            value = unquoted.trimmed
        }
        return value
    }
}

extension PolicyField {
    /// What to write.
    var advice: String {
        switch self {
        case .version: "write \"version: STSv1\""
        case .mode: "write \"mode: testing\" or \"mode: enforce\""
        case .maxAge: "write a number of seconds, for example \"max_age: 604800\""
        case .mx: "write the name of an MX host, for example \"mx: mail.example.com\", or delete the line"
        }
    }
}

extension ArraySlice<UInt8> {
    /// Where the names of further fields stand after a value that begins here, each after a separator; nil if there are
    /// none.
    fileprivate var furtherFields: [Int]? {
        // A semicolon may be meant as a separator.
        let comment = commentStart.flatMap { self[$0] == 0x3B ? nil : $0 } ?? endIndex
        let value = self[..<comment]
        let first = value.firstIndex { !$0.isBlank } ?? value.endIndex
        var starts: [Int] = []
        for index in value[first...].indices.dropFirst() where value[index].isFieldNameStart {
            let before = value[..<index]
            guard before.withoutSeparatorsAtEnd.count < before.count, value[index...].startsWithKnownField else {
                continue
            }
            starts.append(index)
        }
        return starts.isEmpty ? nil : starts
    }

    private var startsWithKnownField: Bool {
        PolicyField.allCases.contains { hasWordPrefix($0.rawValue + ":") || hasWordPrefix($0.rawValue + "=") }
    }

    /// The octets without blanks, commas, semicolons and written line ends (`\n`, `\r`) at the end.
    fileprivate var withoutSeparatorsAtEnd: ArraySlice<UInt8> {
        var rest = self
        while let last = rest.last {
            if last.isBlank || last == 0x2C || last == 0x3B {
                rest.removeLast()
            } else if last == 0x6E || last == 0x72, rest.dropLast().last == 0x5C {
                rest.removeLast()
                // The backslash may itself be written twice.
                while rest.last == 0x5C { rest.removeLast() }
            } else {
                break
            }
        }
        return rest
    }

    /// Where a comment begins after a value.
    fileprivate var commentStart: Int? {
        for index in indices.dropFirst() where self[index - 1].isBlank {
            let rest = self[index...]
            if rest.first == 0x23 || rest.first == 0x28 || rest.hasWordPrefix("//") || rest.hasWordPrefix("; ")
                || rest.hasWordPrefix("-- ") || rest.hasWordPrefix("/*") || rest.hasWordPrefix("<!--")
            {
                return index
            }
        }
        return nil
    }
}

extension UInt8 {
    /// Whether the name of a field begins so, in either case.
    fileprivate var isFieldNameStart: Bool { asciiLowercased == 0x6D || asciiLowercased == 0x76 }
}
