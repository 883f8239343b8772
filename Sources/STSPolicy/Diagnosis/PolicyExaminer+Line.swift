// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TextDiagnosis

// Rules about lines in which the parser finds no name and value. The sender refuses such a line, so every line gets an
// error here. Ranges named `text` are places in the plain text of the line.

extension PolicyExaminer {
    mutating func examineMisshapen(_ plain: PlainText, _ line: Line) {
        let before = findings.total
        let all = plain.octets.trimmed
        if reportForeignLine(all, line) { return }
        guard let parts = split(all) else { return examineWithoutSeparator(all, plain, line) }
        let name = parts.name.unquoted
        // A letter of another script counts as one wrong letter.
        let isASCII = name.allSatisfy { $0 < 0x80 }
        guard let (field, nearness) = PolicyField.meant(by: isASCII ? Array(name) : name.withoutForeignLetters) else {
            return examineUnknown(parts.name, all, plain, line)
        }
        if meant[field] == nil { meant[field] = line.number }
        reportLeadingBlanks(line)
        reportLookAlikes(plain, 0..<parts.separator + 1)
        if name.count < parts.name.count {
            reportQuotes(plain.source(parts.name.startIndex..<parts.name.endIndex))
        }
        if octets[plain.source(parts.name.endIndex..<parts.separator)].contains(where: \.isBlank) {
            findings.add(
                .blankBeforeColon,
                .error,
                plain.source(parts.name.endIndex..<parts.separator),
                "A blank before the colon: write \"\(field.rawValue):\"."
            )
        }
        if plain.octets[parts.separator] == 0x3D {
            findings.add(
                .equalsSign,
                .error,
                plain.source(parts.separator..<parts.separator + 1),
                "An equals sign: fields of a policy are written with a colon, \"\(field.rawValue): VALUE\"."
            )
        }
        let place = plain.source(name.startIndex..<name.endIndex)
        if isASCII {
            reportNearName(field, nearness, .error, place)
        } else {
            findings.add(
                .fieldTypo,
                .error,
                place,
                "\(quoted(place)) holds a letter that only looks like an ASCII one: type \(field.rawValue) anew."
            )
        }
        examineValue(of: field, plain, after: parts.separator + 1)
        if findings.total == before { reportFieldName(parts.name, plain) }
    }

    /// The name and the separator of a line that is not as the grammar has it: up to the colon, else the equals sign.
    private func split(_ all: ArraySlice<UInt8>) -> (name: ArraySlice<UInt8>, separator: Int)? {
        guard let separator = all.firstIndex(of: 0x3A) ?? all.firstIndex(of: 0x3D) else { return nil }
        return (all[..<separator].trimmed, separator)
    }

    private mutating func reportLeadingBlanks(_ line: Line) {
        let start = line.range.lowerBound
        let end = octets.span.indexAfterBlanks(from: start, to: line.range.upperBound)
        guard end > start else { return }
        findings.add(
            .leadingBlank,
            .error,
            start..<end,
            "Blanks at the beginning of the line: a field begins in the first column. Delete them."
        )
    }

    /// Notes a line that belongs to another kind of file; false if it is not of that sort.
    private mutating func reportForeignLine(_ all: ArraySlice<UInt8>, _ line: Line) -> Bool {
        let (rule, message): (Rule, String)
        if all.first == UInt8(ascii: "#") || all.first == UInt8(ascii: ";") || all.hasWordPrefix("//")
            || all.hasWordPrefix("/*")
        {
            (rule, message) = (.comment, "A comment: a policy has none. Delete the line.")
        } else if all.elementsEqual("---".utf8) || all.elementsEqual("...".utf8) {
            (rule, message) = (.yaml, "A marker of YAML: a policy is no YAML. Delete the line.")
        } else if all.hasWordPrefix("- ") || all.hasWordPrefix("* ") || all.elementsEqual("-".utf8) {
            (rule, message) = (
                .yaml,
                "A list item: a policy has no lists. Write one field a line, such as one \"mx: HOST\" for each host."
            )
        } else if all.first == UInt8(ascii: "<") {
            (rule, message) = (.html, "Markup (\(quoted(all))): serve the policy as plain text, without tags.")
        } else if all.hasWordPrefix("```") || all.hasWordPrefix("~~~") {
            (rule, message) = (.codeFence, "The fence of a code block: it is no part of the policy. Delete the line.")
        } else if all.isZoneLine {
            (rule, message) = (
                .zoneLine,
                """
                This is a DNS record: it belongs into the zone, as TXT record at _mta-sts.YOURDOMAIN. Here stands the policy: \
                "version: STSv1", mode, mx and max_age.
                """
            )
        } else if all.unquoted.hasWordPrefix("v=sts") {
            (rule, message) = (
                .txtRecord,
                """
                This is the content of the TXT record at _mta-sts.YOURDOMAIN, not a policy: here stand "version: STSv1", \
                mode, mx and max_age.
                """
            )
        } else {
            return false
        }
        findings.add(rule, .error, line.range, message)
        return true
    }

    private mutating func examineWithoutSeparator(_ all: ArraySlice<UInt8>, _ plain: PlainText, _ line: Line) {
        let word = all.prefix { !$0.isBlank }
        if let (field, nearness) = PolicyField.meant(by: word.unquoted), nearness != .spelling, word.count < all.count {
            if meant[field] == nil { meant[field] = line.number }
            reportLeadingBlanks(line)
            reportLookAlikes(plain, 0..<word.endIndex)
            findings.add(
                .missingColon,
                .error,
                plain.source(word.endIndex..<word.endIndex),
                "There is no colon after the field name: write \"\(field.rawValue): VALUE\"."
            )
            reportNearName(field, nearness, .error, plain.source(word.startIndex..<word.endIndex))
            return examineValue(of: field, plain, after: word.endIndex)
        }
        guard !all.isEmpty else { return reportLookAlikes(plain, 0..<plain.octets.count) }
        reportLeadingBlanks(line)
        reportControlCharacter(all, plain)
        findings.add(
            .missingColon,
            .error,
            line.range,
            "\(quoted(all)) is no field: a line is NAME: VALUE. Delete the line, or write it so."
        )
    }

    private mutating func examineUnknown(
        _ name: ArraySlice<UInt8>,
        _ all: ArraySlice<UInt8>,
        _ plain: PlainText,
        _ line: Line
    ) {
        let before = findings.total
        reportLeadingBlanks(line)
        let separator =
            name.isEmpty ? all.startIndex : plain.octets[name.endIndex...].firstIndex { !$0.isBlank } ?? all.endIndex
        if separator < all.endIndex, all[separator] == 0x3A, separator > name.endIndex, name.isFieldName {
            findings.add(
                .blankBeforeColon,
                .error,
                plain.source(name.endIndex..<separator),
                "A blank before the colon: write it right after the field name, or delete the line."
            )
        } else if !name.isFieldName {
            reportControlCharacter(name, plain)
            reportFieldName(name, plain)
        } else if separator < all.endIndex, all[separator] == 0x3D {
            findings.add(
                .missingColon,
                .error,
                line.range,
                "\(quoted(all)) is no field: a line is NAME: VALUE. Delete the line, or write it so."
            )
        }
        if findings.total == before { reportFieldName(name, plain) }
    }

    private mutating func reportFieldName(_ name: ArraySlice<UInt8>, _ plain: PlainText) {
        let range = plain.source(name.startIndex..<name.endIndex)
        findings.add(
            .fieldName,
            .error,
            range,
            name.isEmpty
                ? "There is no field name before the colon: write one, or delete the line."
                : """
                \(quoted(octets[range])) is no field name: a name begins with a letter or digit, then letters, digits, "_", \
                "-" and ".". Write it so, or delete the line.
                """
        )
    }

    /// Notes the first control character in a part of a line; false if there is none.
    @discardableResult
    mutating func reportControlCharacter(_ part: ArraySlice<UInt8>, _ plain: PlainText) -> Bool {
        guard let index = part.firstIndex(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else { return false }
        findings.add(
            .controlCharacter,
            .error,
            plain.source(index..<index + 1),
            "A control character (0x\(hexadecimal(UInt32(part[index]), digits: 2))): delete it; only LF and CRLF end a line."
        )
        return true
    }

    /// Notes the look-alikes of a part of a line, those of one kind in a row together.
    mutating func reportLookAlikes(_ plain: PlainText, _ range: Range<Int>) {
        for (place, lookAlike) in plain.lookAlikes(in: range) { reportLookAlike(lookAlike, place) }
    }

    private mutating func reportLookAlike(_ lookAlike: LookAlike, _ place: Range<Int>) {
        let name = lookAlike.name
        let (rule, message): (Rule, String) =
            switch lookAlike.kind {
            case .smartQuote:
                (.smartQuote, "A typographic quotation mark (\(name)): delete it; nothing is quoted in a policy.")
            case .unicodeSpace:
                (.unicodeSpace, "A space that is not the ASCII one (\(name)): type a plain space, or none.")
            case .invisible:
                (.invisibleCharacter, "An invisible character (\(name)): delete it, or type the line anew.")
            case .fullwidth: (.fullwidthCharacter, "A full-width character (\(name)): type the ASCII character.")
            case .dash: (.dash, "A dash (\(name)) in the place of a hyphen: type \"-\".")
            case .windows1252:
                (.encoding, "An \(name) that is not UTF-8 (windows-1252): type the plain ASCII character.")
            }
        findings.add(rule, .error, place, message)
    }
}

extension ArraySlice<UInt8> {
    /// The octets without ASCII quotation marks at either end.
    var unquoted: ArraySlice<UInt8> {
        var rest = self
        while let octet = rest.first, octet.isQuote { rest.removeFirst() }
        while let octet = rest.last, octet.isQuote { rest.removeLast() }
        return rest
    }

    /// The octets with each character outside ASCII replaced by one that no field name has.
    fileprivate var withoutForeignLetters: [UInt8] {
        compactMap { $0 < 0x80 ? $0 : $0 & 0xC0 == 0x80 ? nil : 0x3F }
    }

    /// Whether the octets are a field name by the grammar.
    fileprivate var isFieldName: Bool {
        guard let first, first.isASCIIAlphanumeric, count <= 32 else { return false }
        return allSatisfy(\.isExtensionNameTail)
    }

    /// Whether a line looks like a resource record in a zone file.
    fileprivate var isZoneLine: Bool {
        guard let type = firstPlace(ofWord: "TXT") else { return hasWordPrefix("_mta-sts") }
        let after = type + 3
        guard type > startIndex, self[type - 1].isBlank, after < endIndex, self[after].isBlank else {
            return hasWordPrefix("_mta-sts")
        }
        return self[after...].firstPlace(ofWord: "v=") != nil || firstPlace(ofWord: "_mta-sts") != nil
    }
}

extension UInt8 {
    /// `"`, `'` or a grave accent.
    var isQuote: Bool { self == 0x22 || self == 0x27 || self == 0x60 }
}
