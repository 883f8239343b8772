// SPDX-License-Identifier: Apache-2.0

internal import MXPattern
internal import STSCore

/// The grammar of RFC 8461 section 3.2, one function a rule:
///
///     body  := line ( eol line ){0,} eol?
///     line  := entry wsp{0,}
///     eol   := LF | CR LF
///     entry := version | mode | max_age | mx | extension
struct PolicyReader {
    typealias ParseError = STSPolicy.ParseError

    let isLenient: Bool
    var mode: STSPolicy.Mode?
    var maxAge: UInt32?
    var patterns = DistinctRanges(wordsPerEntry: 1)
    var extensions = DistinctRanges(wordsPerEntry: 3)

    private var hasVersion = false
    private var line = 0

    init(isLenient: Bool) { self.isLenient = isLenient }

    mutating func read(_ octets: Span<UInt8>) throws(ParseError) {
        let end = octets.count
        guard end > 0 else { throw fault(.empty, 0) }
        var start = 0
        while start < end {
            line &+= 1
            if let next = readPlainMX(octets, at: start) {
                start = next
                continue
            }
            let lineFeed = octets.index(of: 0x0A, from: start, to: end)
            // CR is part of a line end only right before LF.
            let hasCR = lineFeed < end && lineFeed > start && octets[lineFeed - 1] == 0x0D
            try readLine(octets, from: start, to: hasCR ? lineFeed - 1 : lineFeed)
            start = lineFeed + 1
        }
        patterns.removeRepeats(octets)
        extensions.removeRepeats(octets)
        guard hasVersion else { throw fault(.missingVersion, end) }
        guard let mode else { throw fault(.missingMode, end) }
        guard maxAge != nil else { throw fault(.missingMaxAge, end) }
        guard mode == .none || patterns.count > 0 else { throw fault(.missingMX, end) }
    }

    private func fault(_ code: ParseError.Code, _ offset: Int) -> ParseError {
        ParseError(code: code, offset: offset, line: max(line, 1))
    }

    /// Reads a line like `mx: mail.example.com` in one pass, as most lines of long policies are, and gives the start of
    /// the next line; nil if the line is of any other shape, which ``readLine(_:from:to:)`` then looks at.
    private mutating func readPlainMX(_ octets: Span<UInt8>, at start: Int) -> Int? {
        let end = octets.count
        guard octets.hasPrefix("mx: ", at: start, to: end) else { return nil }
        let value = start &+ 4
        let valueEnd = MXPattern.endOfPlainPattern(octets, from: value, to: end)
        guard valueEnd > value else { return nil }
        var next = valueEnd &+ 1
        if valueEnd < end, octets[valueEnd] != 0x0A {
            guard octets.hasPrefix("\r\n", at: valueEnd, to: end) else { return nil }
            next &+= 1
        }
        patterns.insert(octets, PackedRange(start: value, end: valueEnd, isWildcard: octets[value] == 0x2A))
        return next
    }

    private mutating func readLine(_ octets: Span<UInt8>, from start: Int, to lineEnd: Int) throws(ParseError) {
        let end = octets.endBeforeBlanks(from: start, to: lineEnd)
        guard end > start else {
            guard isLenient else { throw fault(.blankLine, start) }
            return
        }
        guard octets[start].isASCIIAlphanumeric else {
            throw fault(octets[start].isBlank ? .leadingBlank : .fieldName, start)
        }
        let name = fieldName(octets, from: start, to: end)
        guard name.end < end, octets[name.end] == 0x3A else { throw fault(.missingColon, name.end) }
        let valueStart = octets.indexAfterBlanks(from: name.end + 1, to: end)
        switch name.field {
        case .mx: try readMX(octets, from: valueStart, to: end)
        case .mode: try readMode(octets, from: valueStart, to: end)
        case .version: try readVersion(octets, from: valueStart, to: end)
        case .maxAge: try readMaxAge(octets, from: valueStart, to: end)
        case nil:
            guard name.end - start <= 32 else { throw fault(.nameTooLong, start) }
            try checkExtensionValue(octets, from: valueStart, to: end)
            extensions.insert(
                octets,
                PackedRange(start: start, end: name.end),
                payload: (UInt32(valueStart), UInt32(end))
            )
        }
    }

    private enum Field { case version, mode, maxAge, mx }

    /// The field name at `start`, up to the first octet that is outside of it.
    private func fieldName(_ octets: Span<UInt8>, from start: Int, to end: Int) -> (field: Field?, end: Int) {
        if octets.hasPrefix("mx:", at: start, to: end) { return (.mx, start &+ 2) }
        if octets.hasPrefix("mode:", at: start, to: end) { return (.mode, start &+ 4) }
        if octets.hasPrefix("version:", at: start, to: end) { return (.version, start &+ 7) }
        if octets.hasPrefix("max_age:", at: start, to: end) { return (.maxAge, start &+ 7) }
        var nameEnd = start &+ 1
        while nameEnd < end, octets[nameEnd].isExtensionNameTail { nameEnd &+= 1 }
        return (nil, nameEnd)
    }

    // Of repeated fields only the first counts (section 3.2). A later one is not held to its own rule, but a line
    // that is no extension either is outside the grammar.

    private mutating func readVersion(_ octets: Span<UInt8>, from start: Int, to end: Int) throws(ParseError) {
        if hasVersion { return try checkExtensionValue(octets, from: start, to: end) }
        guard octets.equals("STSv1", from: start, to: end) else { throw fault(.version, start) }
        hasVersion = true
    }

    private mutating func readMode(_ octets: Span<UInt8>, from start: Int, to end: Int) throws(ParseError) {
        if mode != nil { return try checkExtensionValue(octets, from: start, to: end) }
        if octets.equals("enforce", from: start, to: end) {
            mode = .enforce
        } else if octets.equals("testing", from: start, to: end) {
            mode = .testing
        } else if octets.equals("none", from: start, to: end) {
            mode = STSPolicy.Mode.none
        } else {
            throw fault(.mode, start)
        }
    }

    private mutating func readMaxAge(_ octets: Span<UInt8>, from start: Int, to end: Int) throws(ParseError) {
        if maxAge != nil { return try checkExtensionValue(octets, from: start, to: end) }
        guard (1...10).contains(end - start) else { throw fault(.maxAge, start) }
        var seconds: UInt64 = 0  // ten digits do not fit into 32 bits
        for index in start..<end {
            guard octets[index].isASCIIDigit else { throw fault(.maxAge, index) }
            seconds = seconds &* 10 &+ UInt64(octets[index] &- 0x30)
        }
        if seconds > UInt64(STSPolicy.maximumMaxAge) {
            guard isLenient else { throw fault(.maxAgeTooLarge, start) }
            seconds = UInt64(STSPolicy.maximumMaxAge)
        }
        maxAge = UInt32(truncatingIfNeeded: seconds)
    }

    private mutating func readMX(_ octets: Span<UInt8>, from start: Int, to end: Int) throws(ParseError) {
        let form: MXPattern.Form
        do throws(MXPattern.ParseError) {
            form = try MXPattern.form(of: octets, from: start, to: end)
            if !isLenient { try form.requireStrict() }
        } catch {
            throw fault(.mx(error.code), start + error.offset)
        }
        let isWildcard = octets[start] == 0x2A
        patterns.insert(
            octets,
            PackedRange(start: start, end: form.end, isWildcard: isWildcard, isInert: form.isInert)
        )
    }

    private func checkExtensionValue(_ octets: Span<UInt8>, from start: Int, to end: Int) throws(ParseError) {
        if let index = Self.firstFault(inExtensionValue: octets, from: start, to: end) {
            throw fault(.extensionValue, index)
        }
    }
}
