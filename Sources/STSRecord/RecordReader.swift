// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TXTFields

/// The grammar of RFC 8461 section 3.1, one function a rule:
///
///     record := 'v=STSv1' ( delim field ){1,} delim?
///     delim  := wsp{0,} ';' wsp{0,}
///     field  := id | extension
struct RecordReader {
    static let version: StaticString = "v=STSv1"

    var id: STSRecord.ID?
    /// Nil as long as there is none, as in nearly all records: then nothing is to be released.
    var extensions: ExtensionCollector?

    mutating func read(_ octets: Span<UInt8>) throws(STSRecord.ParseError) {
        let end = octets.count
        guard octets.hasPrefix(Self.version, at: 0, to: end) else { throw .init(code: .version, offset: 0) }
        var index = Self.version.utf8CodeUnitCount
        var isFirst = true
        while index < end {
            guard let field = try delimiter(octets, at: index, isFirst: isFirst) else { return }
            index = try readField(octets, at: field)
            isFirst = false
        }
    }

    /// Reads a delimiter and gives the start of the next field, or nil if the text ends after the delimiter.
    private func delimiter(_ octets: Span<UInt8>, at start: Int, isFirst: Bool) throws(STSRecord.ParseError) -> Int? {
        let end = octets.count
        let semicolon = octets.indexAfterBlanks(from: start, to: end)
        guard semicolon < end else { throw .init(code: isFirst ? .missingDelimiter : .blankAtEnd, offset: start) }
        guard octets[semicolon] == 0x3B else {
            throw .init(code: isFirst ? .missingDelimiter : .forbiddenOctet, offset: start)
        }
        let next = octets.indexAfterBlanks(from: semicolon + 1, to: end)
        return next < end ? next : nil
    }

    private mutating func readField(_ octets: Span<UInt8>, at start: Int) throws(STSRecord.ParseError) -> Int {
        let end = octets.count
        guard octets[start].isASCIIAlphanumeric else {
            throw .init(code: octets[start] == 0x3B ? .emptyField : .fieldName, offset: start)
        }
        if id == nil, octets.hasPrefix("id=", at: start, to: end) { return try readID(octets, at: start + 3) }
        var nameEnd = start + 1
        while nameEnd < end, octets[nameEnd].isExtensionNameTail { nameEnd += 1 }
        guard nameEnd < end, octets[nameEnd] == 0x3D else { throw .init(code: .missingEquals, offset: nameEnd) }
        guard nameEnd - start <= 32 else { throw .init(code: .nameTooLong, offset: start) }
        let valueStart = nameEnd + 1
        var valueEnd = valueStart
        while valueEnd < end, octets[valueEnd].isRecordValueOctet { valueEnd += 1 }
        guard valueEnd > valueStart else {
            let isEmpty = valueStart == end || octets[valueStart].isBlank || octets[valueStart] == 0x3B
            throw .init(code: isEmpty ? .emptyValue : .forbiddenOctet, offset: valueStart)
        }
        // A later `v` or `id` is a duplicate and ignored (section 3.2, last paragraph).
        if !octets.equals("v", from: start, to: nameEnd), !octets.equals("id", from: start, to: nameEnd) {
            let field = STSRecord.Extension(
                checkedName: octets.text(from: start, to: nameEnd),
                value: octets.text(from: valueStart, to: valueEnd)
            )
            if case nil = extensions { extensions = ExtensionCollector() }
            extensions?.add(field)
        }
        return valueEnd
    }

    private mutating func readID(_ octets: Span<UInt8>, at start: Int) throws(STSRecord.ParseError) -> Int {
        let end = octets.count
        // One octet more than an id may have is enough to see that it is too long.
        let limit = min(end, start + STSRecord.ID.maximumOctets + 1)
        let index = octets.indexAfterAlphanumerics(from: start, to: limit)
        // `id=a-1` is grammatical as an extension, yet a first id that is bad makes the record invalid.
        let isEnded = index == end || octets[index].isBlank || octets[index] == 0x3B
        guard isEnded, index > start, index - start <= STSRecord.ID.maximumOctets else {
            throw .init(code: .invalidID, offset: start)
        }
        id = STSRecord.ID(checked: octets, from: start, to: index)
        return index
    }
}

/// Keeps the first of the fields with one name, in order, in linear time.
struct ExtensionCollector {
    private(set) var fields: [STSRecord.Extension] = []
    private var names: Set<String> = []

    mutating func add(_ field: STSRecord.Extension) {
        // A handful is compared one by one; beyond that a set keeps the whole linear.
        if fields.count < 8 {
            for known in fields where known.name == field.name { return }
        } else {
            if names.isEmpty { names = Set(fields.map(\.name)) }
            guard names.insert(field.name).inserted else { return }
        }
        fields.append(field)
    }
}
