// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TXTFields
internal import TextDiagnosis

// Rules about the fields of a record, each a stretch between two semicolons.

extension RecordExaminer {
    /// Examines what should be the version; false if it is another field.
    mutating func examineVersion(_ chunk: ArraySlice<UInt8>, isAlone: Bool, others: ArraySlice<ArraySlice<UInt8>>)
        -> Bool
    {
        let field = chunk.trimmed
        if field.elementsEqual("v=STSv1".utf8) {
            if hasBlank(field.endIndex..<chunk.endIndex), !isAlone || isValid {
                findings.add(
                    .blankBeforeSemicolon,
                    .warning,
                    plain.source(field.endIndex..<chunk.endIndex),
                    """
                    A blank between the version and its semicolon: taken alone the record is valid, but senders drop it beside \
                    other TXT records. Write "v=STSv1;".
                    """
                )
            }
            if isAlone, plain.octets.last != 0x3B {
                report(
                    .missingSemicolon,
                    field.endIndex..<field.endIndex,
                    "There is no semicolon after the version: add one, and an id."
                )
            }
            return true
        }
        let compact = field.filter { !$0.isBlank }[...]
        if compact.hasWordPrefix("id=") {
            let isLater = others.contains { $0.trimmed.hasWordPrefix("v=sts") }
            let range = field.startIndex..<field.endIndex
            if isLater {
                report(.order, range, "The version does not come first: begin the record with \"v=STSv1;\".")
            } else {
                report(.missingVersion, range, "There is no version: begin the record with \"v=STSv1;\".")
            }
            return false
        }
        if explainSeparator(field) { return true }
        let range = field.startIndex..<field.endIndex
        if compact.isWord("v:STSv1") {
            report(.colon, range, "A colon in the version: write an equals sign, \"v=STSv1;\".")
        } else if compact.isWord("v=STSv1"), compact.count < field.count {
            report(.blankRoundEquals, range, "Blanks within the version: write \"v=STSv1;\".")
        } else {
            reportVersion(field)
        }
        return true
    }

    /// Explains a first stretch that holds more than the version, for want of a semicolon.
    private mutating func explainSeparator(_ field: ArraySlice<UInt8>) -> Bool {
        let isSeparator: (UInt8) -> Bool = { $0.isBlank || $0 == 0x2C || $0 == 0x3A }
        let version = field.prefix { !isSeparator($0) }
        let rest = field[version.endIndex...]
        let next = rest.drop(while: isSeparator)
        guard version.count > 1, !rest.isEmpty, next.isEmpty || next.contains(0x3D) else { return false }
        reportVersion(version)
        let gap = rest.startIndex..<next.startIndex
        if rest[gap].contains(0x2C) {
            report(
                .comma,
                gap,
                "A comma after the version: fields are separated by semicolons: write \"v=STSv1; id=...\"."
            )
        } else {
            report(.missingSemicolon, gap, "There is no semicolon after the version: write \"v=STSv1; id=...\".")
        }
        if !next.isEmpty { examineField(next, isLast: false) }
        return true
    }

    /// Notes a version that is not `v=STSv1`.
    private mutating func reportVersion(_ version: ArraySlice<UInt8>) {
        let range = version.startIndex..<version.endIndex
        if version.elementsEqual("v=STSv1".utf8) { return }
        if version.isWord("v=STSv1") {
            report(.versionCase, range, "\(quoted(version)): upper and lower case count: write \"v=STSv1;\".")
        } else {
            report(
                .versionValue,
                range,
                "\(quoted(version)) is no version of MTA-STS: write \"v=STSv1;\", the only one there is."
            )
        }
    }

    /// Examines a field after the version.
    mutating func examineField(_ chunk: ArraySlice<UInt8>, isLast: Bool) {
        let field = chunk.trimmed
        let all = field.startIndex..<field.endIndex
        guard !field.isEmpty else {
            report(
                .emptyField,
                chunk.startIndex..<min(chunk.endIndex + 1, plain.octets.count),
                "Two semicolons in a row: write one."
            )
            return
        }
        if isLast, hasBlank(field.endIndex..<chunk.endIndex) {
            report(
                .blankAtEnd,
                field.endIndex..<chunk.endIndex,
                "Blanks at the end: they are allowed only after a semicolon. Delete them, or put a semicolon before them."
            )
        }
        guard let equals = field.firstIndex(of: 0x3D) else { return explainMissingEquals(field) }
        let name = field[..<equals].trimmed
        let value = field[(equals + 1)...].trimmed
        if hasBlank(name.endIndex..<equals) || hasBlank(equals + 1..<value.startIndex), !name.isEmpty, !value.isEmpty {
            report(
                .blankRoundEquals,
                name.endIndex..<value.startIndex,
                "A blank beside the equals sign: write \"\(excerpt(name))=VALUE\"."
            )
        }
        if name.elementsEqual("id".utf8) {
            examineID(value, all)
        } else if name.elementsEqual("v".utf8) {
            if hasVersion, value.isRecordValue {
                findings.add(
                    .duplicateVersion,
                    .warning,
                    plain.source(all),
                    "A second version: senders go by the beginning of the record. Delete this one."
                )
            }
            hasVersion = true
            examineValue(value, name, all)
        } else {
            examineOther(name, value, all)
        }
    }

    private mutating func explainMissingEquals(_ field: ArraySlice<UInt8>) {
        let range = field.startIndex..<field.endIndex
        if let colon = field.firstIndex(of: 0x3A), colon > field.startIndex {
            if field[..<colon].trimmed.isWord("id") { hasID = true }
            report(
                .colon,
                colon..<colon + 1,
                "A colon after the field name: fields of a record are written with an equals sign, \"\(excerpt(field[..<colon].trimmed))=VALUE\"."
            )
        } else {
            if field.isWord("id") { hasID = true }
            report(
                .missingEquals,
                range,
                "\(quoted(field)) is no field: a field is NAME=VALUE. Delete it, or write it so."
            )
        }
    }

    private mutating func examineID(_ value: ArraySlice<UInt8>, _ field: Range<Int>) {
        guard !hasID else {
            // With a bad value senders go by nothing: that is noted with the value.
            if value.isRecordValue {
                findings.add(
                    .duplicateID,
                    .warning,
                    plain.source(field),
                    "A second id: senders go by the first. Delete this one."
                )
            }
            return examineValue(value, "id".utf8.map { $0 }[...], field)
        }
        hasID = true
        guard !value.isEmpty else {
            report(
                .idEmpty,
                field,
                "The id is empty: write 1 to 32 letters and digits, for example \"id=20260101T000000\"."
            )
            return
        }
        let id = explainJoinedFields(value)
        // After an equals sign stands the value of another field.
        let letters = id.contains(0x3D) ? [] : id.filter(\.isASCIIAlphanumeric)
        let kept = String(decoding: letters.prefix(STSRecord.ID.maximumOctets), as: UTF8.self)
        let range = id.startIndex..<id.endIndex
        if !id.allSatisfy(\.isASCIIAlphanumeric) {
            report(
                .idCharacters,
                range,
                """
                \(quoted(id)): an id holds only ASCII letters and digits: write \
                "id=\(kept.isEmpty ? "20260101T000000" : kept)".
                """
            )
        } else if id.count > STSRecord.ID.maximumOctets {
            report(.idTooLong, range, "The id has \(id.count) octets: at most 32 are allowed. Shorten it.")
        }
    }

    private mutating func examineOther(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>, _ field: Range<Int>) {
        let range = plain.source(name.startIndex..<name.endIndex)
        let isName = name.first?.isASCIIAlphanumeric == true && name.allSatisfy(\.isExtensionNameTail)
        if name.isNearID, !hasID {
            // Without an id of the right name no sender takes the record.
            let severity: Severity = isName && (isValid || hasExactID) ? .warning : .error
            if !hasExactID { hasID = true }
            let advice = severity == .error ? "write" : "senders ignore it. Delete it, or write"
            if name.isWord("id") {
                findings.add(
                    .idCase,
                    severity,
                    range,
                    "\(quoted(name)): field names are compared letter by letter: \(advice) \"id\"."
                )
            } else {
                findings.add(.idTypo, severity, range, "\(quoted(name)) is not a field of a record: \(advice) \"id\".")
            }
        } else if !isName {
            report(
                .fieldName,
                name.startIndex..<max(name.endIndex, name.startIndex),
                """
                \(quoted(name)) is no field name: a name begins with a letter or digit, then letters, digits, "_", "-" and \
                ".". Write it so, or delete the field.
                """
            )
        } else if name.count > 32 {
            findings.add(
                .fieldNameTooLong,
                .error,
                range,
                "\(quoted(name)) has \(name.count) octets: a field name has at most 32. Shorten it, or delete the field."
            )
        } else if ["mode", "max_age", "mx", "version"].contains(where: { name.isWord($0) }) {
            findings.add(
                .policyField,
                .warning,
                range,
                "\(quoted(name)) is a field of the policy file, not of the record: senders ignore it here. Delete it."
            )
        } else if value.isRecordValue {
            noteUnknown(name, range)
        }
        examineValue(value, name, field)
    }

    private mutating func noteUnknown(_ name: ArraySlice<UInt8>, _ range: Range<Int>) {
        if unknownNames.insert(name).inserted {
            findings.add(.unknownField, .note, range, "\(quoted(name)) is no field that senders know: they ignore it.")
        } else {
            findings.add(
                .duplicateField,
                .note,
                range,
                """
                A second \(quoted(name)): of fields with one name only the first counts, and senders ignore that too. Delete \
                one of them.
                """
            )
        }
    }

    /// Notes what is wrong with the value of a field other than the id.
    private mutating func examineValue(_ value: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>, _ field: Range<Int>) {
        guard !isValid else { return }
        guard !value.isEmpty else {
            return report(
                .emptyValue,
                field,
                "\(quoted(name)) has no value, and that makes the whole record invalid: delete it."
            )
        }
        let value = explainJoinedFields(value)
        guard let index = value.firstIndex(where: { !$0.isRecordValueOctet && $0 < 0x80 }) else { return }
        let what =
            value[index].isBlank
            ? "a blank" : value[index] == 0x3D ? "an equals sign" : "a character that is not allowed"
        report(
            .fieldValue,
            index..<index + 1,
            "The value of \(quoted(name)) holds \(what), and that makes the whole record invalid: delete it."
        )
    }

    /// Notes a further field inside a value, for want of a semicolon, and gives the value before it.
    private mutating func explainJoinedFields(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let end = value.firstIndex(where: { $0.isBlank || $0 == 0x2C }) else { return value }
        let next = value[end...].drop { $0.isBlank || $0 == 0x2C }
        guard let equals = next.firstIndex(of: 0x3D), equals > next.startIndex,
            next[..<equals].allSatisfy(\.isExtensionNameTail)
        else { return value }
        let gap = end..<next.startIndex
        if value[gap].contains(0x2C) {
            // Within the value of a field other than the id a comma is allowed.
            report(.comma, gap, "A comma between two fields: write a semicolon.")
        } else {
            report(.missingSemicolon, gap, "There is no semicolon between two fields: write one.")
        }
        return value[..<end]
    }
}

extension ArraySlice<UInt8> {
    /// Whether the octets are the value of an extension.
    fileprivate var isRecordValue: Bool { !isEmpty && allSatisfy(\.isRecordValueOctet) }

    /// Whether a field name may be meant as `id`.
    fileprivate var isNearID: Bool {
        guard count <= 12 else { return false }
        let word = map(\.asciiLowercased)
        if ["id_", "policyid", "policy_id", "policy-id", "stsid", "sts_id"].contains(where: {
            word.elementsEqual($0.utf8)
        }) {
            return true
        }
        return count > 1 && editDistance(word, Array("id".utf8), limit: 1) != nil
    }
}
