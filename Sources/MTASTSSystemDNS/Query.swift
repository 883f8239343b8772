// SPDX-License-Identifier: Apache-2.0

/// A query message with one question.
struct Query: Sendable {
    /// The size of datagram that we say we take: it passes any network unfragmented, and a longer answer comes over
    /// TCP.
    static let datagramSize: UInt16 = 1232

    /// Where the question section begins.
    static let headerOctets = 12

    let name: WireName
    let type: UInt16
    let message: [UInt8]

    /// The length of the question section.
    var questionOctets: Int { name.octets.count + 4 }

    /// A query that asks for recursion and for the AD bit (RFC 6840 section 5.7), with an OPT record (RFC 6891).
    init(name: WireName, type: UInt16, id: UInt16 = .random(in: .min ... .max)) {
        self.name = name
        self.type = type
        var message: [UInt8] = []
        message.append(uint16: id)
        message += [0x01, 0x20]  // RD, AD
        for count: UInt16 in [1, 0, 0, 1] { message.append(uint16: count) }
        message += name.octets
        message.append(uint16: type)
        message.append(uint16: ResourceType.classIN)
        message.append(0)
        message.append(uint16: ResourceType.opt)
        message.append(uint16: Self.datagramSize)
        message += [0, 0, 0, 0, 0, 0]  // extended rcode, version, flags; no options
        self.message = message
    }
}

/// Numbers of resource records (RFC 1035 section 3.2, RFC 3596, RFC 6891).
enum ResourceType {
    static let a: UInt16 = 1
    static let ns: UInt16 = 2
    static let cname: UInt16 = 5
    static let soa: UInt16 = 6
    static let mx: UInt16 = 15
    static let txt: UInt16 = 16
    static let aaaa: UInt16 = 28
    static let opt: UInt16 = 41

    static let classIN: UInt16 = 1
}

/// Response codes (RFC 1035 section 4.1.1).
enum ResponseCode {
    static let noError: UInt16 = 0
    static let serverFailure: UInt16 = 2
    static let noSuchName: UInt16 = 3

    /// The mnemonic of a code, for people.
    static func name(_ code: UInt16) -> String {
        switch code {
        case 1: "FORMERR"
        case 2: "SERVFAIL"
        case 4: "NOTIMP"
        case 5: "REFUSED"
        default: "response code \(code)"
        }
    }
}

extension [UInt8] {
    mutating func append(uint16 value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }
}
