// SPDX-License-Identifier: Apache-2.0

package import STSCore

/// One line of a tally's text form: sessions of one domain on one day, or those counted without a domain.
///
/// ```
/// line     = "1" SP checksum SP date SP domain *(SP policy) / "1" SP checksum SP date SP "*" SP number SP number
/// policy   = ("valid" / "invalid") SP type SP policy-domain SP text SP list SP successes SP count *(SP failure)
/// list     = number *(SP mx-host)
/// failure  = result-type SP reason SP mx-name SP helo SP receiving-ip SP sending-ip SP information SP number
/// ```
///
/// Any octet of a text that is not visible ASCII, and `%`, is written as `%` and two hexadecimal digits; `-` alone
/// stands for a text that is missing or empty. The checksum is that of all that follows it, without the line's end.
/// Lines are ordered by their octets from the date on; several of one day and domain add up.
package enum TallyLine {
    /// The most octets of a line without its end. The writer stays below it and begins another line.
    package static let maximumOctets = 1 << 20

    private static let version = "1"
    /// Failures in one part of a line; the others follow in another part with the same policy.
    static let failuresPerPart = 32
    private static let openOctets = 1 << 18

    /// What a line says.
    package enum Content {
        /// Sessions of a domain on a day, as a tally of nothing else.
        case sessions(ReportDay, DomainName, SessionTally)
        /// Sessions of a day without their domain.
        case overflow(ReportDay, SessionTotals)
        /// The name of a file whose sessions are in this one.
        case replaced(String)
    }

    /// Why a line is none.
    package enum Fault: Error, Hashable, CustomStringConvertible {
        case tooLong
        case version
        case checksum
        case syntax

        package var description: String {
            switch self {
            case .tooLong: "the line has more than \(maximumOctets) octets"
            case .version: "the line is of another version of the format"
            case .checksum: "the line's checksum is wrong"
            case .syntax: "the line does not follow the grammar"
            }
        }
    }

    // FNV-1a in 64 bits: it tells a line that was cut or damaged, not one that was forged.
    private static func checksum(_ octets: ArraySlice<UInt8>) -> String {
        let digits = String(FNV1a.hash64(octets.span), radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func line(_ body: [UInt8]) -> [UInt8] {
        var line = Array("\(version) \(checksum(body[...])) ".utf8)
        line += body
        line.append(0x0A)
        return line
    }

    /// A line that names a file whose sessions are in this one; it comes before all others.
    package static func replacing(_ name: String) -> [UInt8] {
        var body = Array("=".utf8)
        body.appendField(Array(name.utf8))
        return line(body)
    }

    static func overflow(_ totals: SessionTotals, on day: ReportDay) -> [UInt8] {
        line(Array("\(day) * \(totals.successful) \(totals.failed)".utf8))
    }

    /// The lines of a domain's sessions, one unless there is very much to say.
    static func lines(of counted: DomainTally, for domain: DomainName, on day: ReportDay) -> [UInt8] {
        let head = Array("\(day) \(domain)".utf8)
        var lines: [UInt8] = []
        var body = head
        for policy in counted.sortedPolicies {
            var failures = policy.sortedFailures[...]
            var successful = policy.successful
            repeat {
                if body.count > openOctets {
                    lines += line(body)
                    body = head
                }
                let part = failures.prefix(failuresPerPart)
                failures = failures.dropFirst(part.count)
                append(policy.entry, successful: successful, failures: part, to: &body)
                successful = 0
            } while !failures.isEmpty
        }
        return lines + line(body)
    }

    private static func append(
        _ entry: EntryPolicy,
        successful: Int,
        failures: ArraySlice<(key: FailureKind, value: Int)>,
        to body: inout [UInt8]
    ) {
        body.appendField(entry.policy.isValid ? "valid" : "invalid")
        body.appendField(entry.policy.type.rawValue)
        body.appendField(entry.policy.domain.description)
        body.appendField(entry.policy.text)
        body.appendField(String(entry.mxHosts.count))
        for pattern in entry.mxHosts { body.appendField(pattern) }
        body.appendField(String(successful))
        body.appendField(String(failures.count))
        for (kind, count) in failures {
            body.appendField(kind.resultType.rawValue)
            body.appendField(kind.reason)
            body.appendField(kind.peer.mxHost?.description)
            body.appendField(kind.peer.helo)
            body.appendField(kind.peer.receivingIP?.description)
            body.appendField(kind.peer.sendingIP?.description)
            body.appendField(kind.peer.additionalInformation)
            body.appendField(String(count))
        }
    }

    /// Reads a line without its end.
    package static func read(_ line: ArraySlice<UInt8>, limits: SessionLimits) throws(Fault) -> Content {
        guard line.count <= maximumOctets else { throw .tooLong }
        var fields = TallyFields(line)
        guard try fields.text() == version else { throw .version }
        guard try fields.text() == checksum(fields.rest) else { throw .checksum }
        if fields.rest.first == 0x3D {
            fields.skip()
            return .replaced(try fields.text())
        }
        guard let day = ReportDay(try fields.text()) else { throw .syntax }
        let name = try fields.text()
        if name == "*" {
            let totals = SessionTotals(successful: try fields.number(), failed: try fields.number())
            guard fields.isAtEnd else { throw .syntax }
            return .overflow(day, totals)
        }
        guard let domain = DomainName(name) else { throw .syntax }
        var counted = DomainTally()
        while !fields.isAtEnd { counted.add(try fields.policy(limits), domain: domain, limits: limits) }
        var tally = SessionTally(limits: limits)
        tally.insert(counted, for: domain, on: day)
        return .sessions(day, domain, tally)
    }
}

extension [UInt8] {
    fileprivate mutating func appendField(_ text: String?) { appendField(text.map { Array($0.utf8) } ?? []) }

    fileprivate mutating func appendField(_ octets: [UInt8]) {
        if !isEmpty { append(0x20) }
        if octets.isEmpty { append(0x2D) }
        let isHyphen = octets == [0x2D]
        for octet in octets {
            if (0x21...0x7E).contains(octet), octet != 0x25, !isHyphen {
                append(octet)
            } else {
                append(0x25)
                append(Self.digit(octet >> 4))
                append(Self.digit(octet & 15))
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x41 - 10 + value }
}
