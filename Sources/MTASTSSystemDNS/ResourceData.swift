// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// What can be read from the data of a resource record.
protocol ResourceData: Sendable {
    /// The record's type.
    static var resourceType: UInt16 { get }

    /// Reads the record data at `start..<end`, which lies in the message.
    init(reading message: Span<UInt8>, from start: Int, to end: Int) throws(DNSFailure)
}

extension TXTRecord: ResourceData {
    static var resourceType: UInt16 { ResourceType.txt }

    /// Character-strings, each after its length, to the end (RFC 1035 section 3.3.14).
    init(reading message: Span<UInt8>, from start: Int, to end: Int) throws(DNSFailure) {
        var strings: [[UInt8]] = []
        var position = start
        while position < end {
            let next = position + 1 + Int(message[position])
            guard next <= end else {
                throw DNSFailure(.malformedAnswer, detail: "the string at octet \(position) leaves its record")
            }
            strings.append(message.copy(from: position + 1, to: next))
            position = next
        }
        self.init(strings: strings)
    }
}

extension MXRecord: ResourceData {
    static var resourceType: UInt16 { ResourceType.mx }

    /// A preference and a name (RFC 1035 section 3.3.9).
    init(reading message: Span<UInt8>, from start: Int, to end: Int) throws(DNSFailure) {
        var position = start + 2
        let preference = try message.uint16(at: start)
        let exchange = try WireName(reading: message, at: &position)
        guard position == end else {
            throw DNSFailure(.malformedAnswer, detail: "the MX record at octet \(start) has another length")
        }
        self.init(preference: preference, exchangeText: exchange.text)
    }
}

/// The data of an A record.
struct IPv4Data: ResourceData {
    static var resourceType: UInt16 { ResourceType.a }
    let address: IPAddress

    init(reading message: Span<UInt8>, from start: Int, to end: Int) throws(DNSFailure) {
        guard end - start == 4, let address = IPAddress(octets: message.copy(from: start, to: end)) else {
            throw DNSFailure(.malformedAnswer, detail: "the A record at octet \(start) has no 4 octets")
        }
        self.address = address
    }
}

/// The data of an AAAA record (RFC 3596).
struct IPv6Data: ResourceData {
    static var resourceType: UInt16 { ResourceType.aaaa }
    let address: IPAddress

    init(reading message: Span<UInt8>, from start: Int, to end: Int) throws(DNSFailure) {
        guard end - start == 16, let address = IPAddress(octets: message.copy(from: start, to: end)) else {
            throw DNSFailure(.malformedAnswer, detail: "the AAAA record at octet \(start) has no 16 octets")
        }
        self.address = address
    }
}

extension Span<UInt8> {
    /// A copy of the octets of `start..<end`, which must lie in the span.
    fileprivate func copy(from start: Int, to end: Int) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(end - start)
        for index in start..<end { octets.append(self[index]) }
        return octets
    }
}
