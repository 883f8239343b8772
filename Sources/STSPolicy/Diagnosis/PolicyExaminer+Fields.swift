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
            findings.add(
                .duplicateField,
                .warning,
                line.range,
                "A second \(field.rawValue): senders go by the first, in line \(first.number). Delete one of them."
            )
            return reportExtensionValue(shape)
        }
        if counted[field] == nil { counted[field] = line }
        if accepts(field, octets[shape.value]) {
            noteAccepted(field, octets[shape.value], shape.value)
        } else {
            examineValue(of: field, plain, after: shape.name.count + 1)
        }
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
            findings.add(
                .unknownField,
                .note,
                shape.name,
                "\(quoted(name)) is no field that senders know: they ignore the line."
            )
        }
        reportExtensionValue(shape)
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
        let octet = octets[fault]
        let what = octet >= 0x80 ? "an octet that is not UTF-8" : octet == 0x09 ? "a tab" : "a control character"
        findings.add(
            octet >= 0x80 ? .encoding : .extensionValue,
            .error,
            fault..<fault + 1,
            "The value holds \(what) (0x\(hexadecimal(UInt32(octet), digits: 2))): delete it, or the whole line."
        )
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
        reportLookAlikes(plain, start..<plain.octets.count, known: true)
        let found = plain.octets[start...].trimmed
        let value = reportWrapping(of: found, field, plain)
        reportControlCharacter(value, plain)
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
            // Typographic ones are noted as such.
            let isTyped = octets[plain.source(value.startIndex..<value.endIndex)].contains(where: \.isQuote)
            if isTyped {
                findings.add(
                    .quotes,
                    .error,
                    plain.source(value.startIndex..<value.endIndex),
                    "\(quoted(value)): write values without quotation marks."
                )
            }
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
