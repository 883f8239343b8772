// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// The fields of a line of a tally, read one after the other.
struct TallyFields {
    typealias Fault = TallyLine.Fault

    private(set) var rest: ArraySlice<UInt8>
    private(set) var isAtEnd: Bool

    init(_ line: ArraySlice<UInt8>) {
        rest = line
        isAtEnd = line.isEmpty
    }

    /// Passes over the mark that begins a line of another kind, and the space behind it.
    mutating func skip() { rest = rest.dropFirst(2) }

    /// The next field with its escapes resolved; nil if it stands for nothing.
    mutating func octets() throws(Fault) -> [UInt8]? {
        guard !isAtEnd else { throw .syntax }
        let end = rest.firstIndex(of: 0x20) ?? rest.endIndex
        let field = rest[rest.startIndex..<end]
        isAtEnd = end == rest.endIndex
        rest = isAtEnd ? rest[end...] : rest[(end + 1)...]
        guard !field.isEmpty else { throw .syntax }
        if field.count == 1, field.first == 0x2D { return nil }
        return try Self.resolved(field)
    }

    private static func resolved(_ field: ArraySlice<UInt8>) throws(Fault) -> [UInt8] {
        guard field.contains(0x25) else { return Array(field) }
        var octets: [UInt8] = []
        octets.reserveCapacity(field.count)
        var index = field.startIndex
        while index < field.endIndex {
            if field[index] != 0x25 {
                octets.append(field[index])
                index += 1
                continue
            }
            guard index + 2 < field.endIndex, let high = value(field[index + 1]), let low = value(field[index + 2])
            else { throw .syntax }
            octets.append(high << 4 | low)
            index += 3
        }
        return octets
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        default: nil
        }
    }

    mutating func optionalText() throws(Fault) -> String? {
        guard let octets = try octets() else { return nil }
        guard let text = String(validating: octets, as: UTF8.self) else { throw .syntax }
        return text
    }

    mutating func text() throws(Fault) -> String {
        guard let text = try optionalText() else { throw .syntax }
        return text
    }

    mutating func number() throws(Fault) -> Int {
        guard let octets = try octets(), octets.count <= 16, octets.allSatisfy(\.isASCIIDigit) else { throw .syntax }
        let number = octets.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard number <= SessionTotals.maximum else { throw .syntax }
        return number
    }

    private mutating func name() throws(Fault) -> DomainName {
        guard let name = DomainName(try text()) else { throw .syntax }
        return name
    }

    private mutating func optionalName() throws(Fault) -> DomainName? {
        guard let text = try optionalText() else { return nil }
        guard let name = DomainName(text) else { throw .syntax }
        return name
    }

    private mutating func address() throws(Fault) -> IPAddress? {
        guard let text = try optionalText() else { return nil }
        guard let address = IPAddress(text) else { throw .syntax }
        return address
    }

    /// The part of a line that says what was counted under one policy.
    mutating func policy(_ limits: SessionLimits) throws(Fault) -> PolicyTally {
        let isValid: Bool
        switch try text() {
        case "valid": isValid = true
        case "invalid": isValid = false
        default: throw .syntax
        }
        let type = TLSPolicyType(rawValue: try optionalText() ?? "")
        let domain = try name()
        let policy = SessionPolicy(type: type, domain: domain, text: try octets() ?? [], isValid: isValid)
        var mxHosts: [String] = []
        // Each field takes a part of the line: a number too great ends at the line's end.
        for _ in 0..<(try number()) { mxHosts.append(try text()) }
        var counted = PolicyTally(EntryPolicy(policy: policy, mxHosts: mxHosts))
        counted.addSuccesses(try number())
        for _ in 0..<(try number()) {
            let kind = try failureKind(limits)
            let count = try number()
            guard count > 0 else { throw .syntax }
            counted.addFailures(count, of: kind, limits: limits)
        }
        return counted
    }

    private mutating func failureKind(_ limits: SessionLimits) throws(Fault) -> FailureKind {
        let type = TLSResultType(rawValue: try text())
        let reason = try optionalText()
        let peer = SessionPeer(
            mxHost: try optionalName(),
            helo: try optionalText(),
            receivingIP: try address(),
            sendingIP: try address(),
            additionalInformation: try optionalText()
        )
        return FailureKind(type, reason: reason, peer: peer, limit: limits.stringOctets)
    }
}
