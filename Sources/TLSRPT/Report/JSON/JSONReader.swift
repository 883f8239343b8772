// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// Reads a JSON text (RFC 8259) by the rules of I-JSON (RFC 7493): in one pass, in linear time, without recursion.
///
/// Refused besides what is no JSON: what is not UTF-8, a surrogate alone, two members of one name in an object. A byte
/// order mark and noncharacters are let pass and told.
struct JSONReader {
    typealias Fault = TLSReport.ParseError

    private let limits: TLSReport.ReadingLimits
    private(set) var tokens: [JSONToken] = []
    /// The arrays and objects that are not closed yet, by their tokens.
    private var open: [Int] = []
    private var index = 0
    private var hasNoncharacters = false
    private var names = JSONNames()

    private init(_ limits: TLSReport.ReadingLimits) { self.limits = limits }

    /// The values of a text.
    static func read(_ octets: [UInt8], _ limits: TLSReport.ReadingLimits) throws(Fault) -> JSONDocument {
        // An offset has 32 bits.
        guard octets.count <= min(limits.maximumOctets, Int(Int32.max)) else { throw Fault(.tooLarge, at: 0) }
        var reader = JSONReader(limits)
        // As many as there mostly are, so that few copies are made.
        reader.tokens.reserveCapacity(max(0, min(limits.maximumValues, octets.count / 16 + 16)))
        let span = octets.span
        let hasByteOrderMark = span.hasPrefix("\u{FEFF}", at: 0, to: span.count)
        if hasByteOrderMark { reader.index = 3 }
        try reader.text(span)
        return JSONDocument(
            octets: octets,
            tokens: reader.tokens,
            hasByteOrderMark: hasByteOrderMark,
            hasNoncharacters: reader.hasNoncharacters
        )
    }

    /// `JSON-text = ws value ws`
    private mutating func text(_ octets: Span<UInt8>) throws(Fault) {
        skipBlanks(octets)
        guard index < octets.count else { throw Fault(.empty, at: index) }
        repeat { try value(octets) } while try another(octets)
        skipBlanks(octets)
        guard index == octets.count else { throw Fault(.trailingOctets, at: index) }
    }

    /// A value, up to its end; or, of arrays and objects, up to the end of the first scalar or empty one.
    private mutating func value(_ octets: Span<UInt8>) throws(Fault) {
        while true {
            skipBlanks(octets)
            switch try octet(octets) {
            case 0x7B:
                try begin(.object)
                if try closes(octets, 0x7D) { return }
                try name(octets)
            case 0x5B:
                try begin(.array)
                if try closes(octets, 0x5D) { return }
            case 0x22: return try string(octets)
            case 0x2D, 0x30...0x39: return try number(octets)
            case 0x74: return try literal(octets, "true", .boolean)
            case 0x66: return try literal(octets, "false", .boolean)
            case 0x6E: return try literal(octets, "null", .null)
            default: throw Fault(.unexpectedOctet, at: index)
            }
        }
    }

    /// Goes on after a value: closes what ends there; false if the outermost value ends.
    private mutating func another(_ octets: Span<UInt8>) throws(Fault) -> Bool {
        while let container = open.last {
            let isObject = tokens[container].kind == .object
            skipBlanks(octets)
            switch try octet(octets) {
            case 0x2C:
                index += 1
                if isObject { try name(octets) }
                return true
            case 0x7D where isObject, 0x5D where !isObject: try close(octets)
            default: throw Fault(.unexpectedOctet, at: index)
            }
        }
        return false
    }

    /// The octet that comes next.
    private func octet(_ octets: Span<UInt8>) throws(Fault) -> UInt8 {
        guard index < octets.count else { throw Fault(.unexpectedEnd, at: index) }
        return octets[index]
    }

    /// `ws = *( space / tab / LF / CR )`
    private mutating func skipBlanks(_ octets: Span<UInt8>) {
        var at = index
        while at < octets.count {
            let octet = octets[at]
            guard octet == 0x20 || octet == 0x0A || octet == 0x0D || octet == 0x09 else { break }
            at &+= 1
        }
        index = at
    }

    private mutating func append(_ token: JSONToken) throws(Fault) {
        guard tokens.count < limits.maximumValues else { throw Fault(.tooManyValues, at: Int(token.start)) }
        tokens.append(token)
    }

    private mutating func begin(_ kind: JSONToken.Kind) throws(Fault) {
        guard open.count < limits.maximumDepth else { throw Fault(.tooDeep, at: index) }
        open.append(tokens.count)
        try append(JSONToken(kind: kind, start: UInt32(index)))
        index += 1
    }

    /// Closes an array or object that is empty.
    private mutating func closes(_ octets: Span<UInt8>, _ bracket: UInt8) throws(Fault) -> Bool {
        skipBlanks(octets)
        guard try octet(octets) == bracket else { return false }
        try close(octets)
        return true
    }

    private mutating func close(_ octets: Span<UInt8>) throws(Fault) {
        index += 1
        guard let container = open.popLast() else { return }
        tokens[container].end = UInt32(index)
        tokens[container].next = UInt32(tokens.count)
        guard tokens[container].kind == .object else { return }
        if let repeated = names.firstRepeated(in: tokens, of: container, octets) {
            throw Fault(.duplicateMember, at: Int(tokens[repeated].start))
        }
    }

    /// `string ws ":"`, the beginning of a member.
    private mutating func name(_ octets: Span<UInt8>) throws(Fault) {
        skipBlanks(octets)
        guard try octet(octets) == 0x22 else { throw Fault(.unexpectedOctet, at: index) }
        try string(octets)
        skipBlanks(octets)
        guard try octet(octets) == 0x3A else { throw Fault(.unexpectedOctet, at: index) }
        index += 1
    }

    private mutating func literal(
        _ octets: Span<UInt8>,
        _ text: StaticString,
        _ kind: JSONToken.Kind
    ) throws(Fault) {
        guard octets.hasPrefix(text, at: index, to: octets.count) else { throw Fault(.unexpectedOctet, at: index) }
        try scalar(kind, to: index + text.utf8CodeUnitCount)
    }

    private mutating func scalar(_ kind: JSONToken.Kind, to end: Int) throws(Fault) {
        try append(JSONToken(kind: kind, start: UInt32(index), end: UInt32(end), next: UInt32(tokens.count + 1)))
        index = end
    }

    private mutating func number(_ octets: Span<UInt8>) throws(Fault) {
        try scalar(.number, to: try octets.endOfNumber(from: index))
    }

    private mutating func string(_ octets: Span<UInt8>) throws(Fault) {
        let read = try octets.endOfString(from: index)
        hasNoncharacters = hasNoncharacters || read.hasNoncharacters
        let token = JSONToken(
            kind: .string,
            hasEscapes: read.hasEscapes,
            hasNoncharacters: read.hasNoncharacters,
            start: UInt32(index),
            end: UInt32(read.end),
            next: UInt32(tokens.count + 1)
        )
        try append(token)
        index = read.end
    }
}
