// SPDX-License-Identifier: Apache-2.0

import MTASTS

@testable import MTASTSSystemDNS

/// Octets written in hexadecimal, with blanks and line ends between them.
func octets(hex: String) -> [UInt8] {
    let digits = hex.filter { !$0.isWhitespace }.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// A name in wire form, without compression.
func wire(_ name: String) -> [UInt8] {
    let labels = name.split(separator: ".")
    return labels.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
}

/// Writes answer messages record by record.
struct MessageBuilder {
    struct Resource {
        var owner: [UInt8]
        var type: UInt16
        var timeToLive: UInt32 = 300
        var data: [UInt8]
        var resourceClass: UInt16 = 1

        var octets: [UInt8] {
            var octets = owner
            octets.append(uint16: type)
            octets.append(uint16: resourceClass)
            octets.append(uint16: UInt16(timeToLive >> 16))
            octets.append(uint16: UInt16(truncatingIfNeeded: timeToLive))
            octets.append(uint16: UInt16(data.count))
            return octets + data
        }

        static func txt(_ owner: String, _ strings: String..., ttl: UInt32 = 300) -> Resource {
            let data = strings.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
            return Resource(owner: wire(owner), type: ResourceType.txt, timeToLive: ttl, data: data)
        }

        static func cname(_ owner: String, _ target: String, ttl: UInt32 = 300) -> Resource {
            Resource(owner: wire(owner), type: ResourceType.cname, timeToLive: ttl, data: wire(target))
        }

        static func soa(_ owner: String, ttl: UInt32, minimum: UInt32) -> Resource {
            var data = wire("ns.\(owner)") + wire("hostmaster.\(owner)") + [UInt8](repeating: 0, count: 16)
            data.append(uint16: UInt16(minimum >> 16))
            data.append(uint16: UInt16(truncatingIfNeeded: minimum))
            return Resource(owner: wire(owner), type: ResourceType.soa, timeToLive: ttl, data: data)
        }

        static func ns(_ owner: String, _ target: String) -> Resource {
            Resource(owner: wire(owner), type: ResourceType.ns, data: wire(target))
        }
    }

    var id: UInt16 = 0x1234
    var flags: UInt16 = 0x8180
    var question = "_mta-sts.a.example"
    var type = ResourceType.txt
    var answers: [Resource] = []
    var authorities: [Resource] = []
    var additionals: [Resource] = []

    var message: [UInt8] {
        var octets: [UInt8] = []
        for word in [id, flags, 1, UInt16(answers.count), UInt16(authorities.count), UInt16(additionals.count)] {
            octets.append(uint16: word)
        }
        octets += wire(question)
        octets.append(uint16: type)
        octets.append(uint16: 1)
        return octets + (answers + authorities + additionals).flatMap(\.octets)
    }
}

/// Reads a message as the answer to a question.
func reply<Record: ResourceData>(
    _ message: [UInt8],
    to question: String = "_mta-sts.a.example",
    as type: Record.Type = TXTRecord.self
) throws -> Reply<Record> {
    var position = 0
    let name = try WireName(reading: wire(question).span, at: &position)
    return try Reply(reading: message.span, question: name)
}

extension Reply {
    /// What a test compares: the outcome's name and how many records there are.
    var summary: String {
        switch content {
        case .records(let records): "\(records.count) records"
        case .noSuchName: "no such name"
        case .noData: "no data"
        case .alias: "alias \(name.text)"
        }
    }

    var records: [Record] {
        if case .records(let records) = content { records } else { [] }
    }
}
