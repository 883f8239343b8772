// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TXTFields

/// The grammar of RFC 8460 section 3, one function a rule:
///
///     record := 'v=TLSRPTv1' ( delim field ){1,} delim?
///     delim  := wsp{0,} ';' wsp{0,}
///     field  := rua | extension
///     rua    := 'rua=' uri ( wsp{0,} ',' wsp{0,} uri ){0,}
struct TLSReportingReader {
    static let version: StaticString = "v=TLSRPTv1"

    var reportURIs = ReportURICollector()
    var extensions: [TLSReportingRecord.Extension] = []
    /// The offset of the first text in a `rua` that is no URI.
    var invalidURI: Int?

    mutating func read(_ octets: Span<UInt8>) throws(TLSReportingRecord.ParseError) {
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
    private func delimiter(
        _ octets: Span<UInt8>,
        at start: Int,
        isFirst: Bool
    ) throws(TLSReportingRecord.ParseError) -> Int? {
        let end = octets.count
        let semicolon = octets.indexAfterBlanks(from: start, to: end)
        guard semicolon < end else { throw .init(code: isFirst ? .missingDelimiter : .blankAtEnd, offset: start) }
        guard octets[semicolon] == 0x3B else {
            throw .init(code: isFirst ? .missingDelimiter : .forbiddenOctet, offset: start)
        }
        let next = octets.indexAfterBlanks(from: semicolon + 1, to: end)
        return next < end ? next : nil
    }

    private mutating func readField(
        _ octets: Span<UInt8>,
        at start: Int
    ) throws(TLSReportingRecord.ParseError) -> Int {
        let end = octets.count
        guard octets[start].isASCIIAlphanumeric else {
            throw .init(code: octets[start] == 0x3B ? .emptyField : .fieldName, offset: start)
        }
        var nameEnd = start + 1
        while nameEnd < end, octets[nameEnd].isExtensionNameTail { nameEnd += 1 }
        guard nameEnd < end, octets[nameEnd] == 0x3D else { throw .init(code: .missingEquals, offset: nameEnd) }
        guard nameEnd - start <= TXTField.maximumNameOctets else { throw .init(code: .nameTooLong, offset: start) }
        let valueStart = nameEnd + 1
        guard valueStart < end, !octets[valueStart].isBlank, octets[valueStart] != 0x3B else {
            throw .init(code: .emptyValue, offset: valueStart)
        }
        if octets.equals("rua", from: start, to: nameEnd) {
            return try readURIs(octets, at: valueStart)
        }
        var valueEnd = valueStart
        while valueEnd < end, octets[valueEnd].isRecordValueOctet { valueEnd += 1 }
        guard valueEnd > valueStart else { throw .init(code: .forbiddenOctet, offset: valueStart) }
        // `v=` is grammatical as an extension; it says nothing, since the version was read.
        if !octets.equals("v", from: start, to: nameEnd) {
            extensions.append(
                TLSReportingRecord.Extension(
                    checkedName: octets.text(from: start, to: nameEnd),
                    value: octets.text(from: valueStart, to: valueEnd)
                )
            )
        }
        return valueEnd
    }

    /// Reads the list of a `rua`, which reaches up to the next semicolon: in a URI it would be percent-encoded, as a
    /// comma would. The list is split before anything is decoded.
    private mutating func readURIs(
        _ octets: Span<UInt8>,
        at start: Int
    ) throws(TLSReportingRecord.ParseError) -> Int {
        let semicolon = octets.index(of: 0x3B, from: start, to: octets.count)
        let end = octets.endBeforeBlanks(from: start, to: semicolon)
        var index = start
        while true {
            let comma = octets.index(of: 0x2C, from: index, to: end)
            let uriStart = octets.indexAfterBlanks(from: index, to: comma)
            let uriEnd = octets.endBeforeBlanks(from: uriStart, to: comma)
            guard uriStart < uriEnd else { throw .init(code: .emptyURI, offset: index) }
            if let uri = TLSReportingRecord.ReportURI(octets, from: uriStart, to: uriEnd) {
                reportURIs.add(uri)
            } else if invalidURI == nil {
                invalidURI = uriStart
            }
            guard comma < end else { return end }
            index = comma + 1
        }
    }
}

/// Keeps the first of equal URIs, in order, in linear time.
struct ReportURICollector {
    private(set) var uris: [TLSReportingRecord.ReportURI] = []
    private var texts: Set<String> = []

    mutating func add(_ uri: TLSReportingRecord.ReportURI) {
        if texts.insert(uri.text).inserted { uris.append(uri) }
    }
}
