// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// What one answer message says about one question. Reading it is total: any octets give a reply or a failure.
struct Reply<Record: ResourceData>: Sendable {
    enum Content: Sendable {
        case records([Record])
        case noSuchName
        case noData
        /// The message has CNAME records alone, and does not say that nothing is behind them: `name` is to be asked
        /// for next.
        case alias
    }

    let content: Content

    /// The last name of the chain of CNAME records that begins at the question's name.
    let name: WireName

    /// How many CNAME records the chain has.
    let hops: Int

    /// The smallest TTL of the chain and of what it leads to, in seconds.
    let timeToLive: UInt32?

    /// The AD bit.
    let isAuthenticated: Bool
}

/// The most CNAME records that a look-up follows, over all its messages.
let maximumAliasHops = 8

extension Reply {
    /// Reads the answer to the question for `question` and the record's type.
    init(reading message: Span<UInt8>, question: WireName) throws(DNSFailure) {
        let header = try Header(reading: message)
        var position = Query.headerOctets
        let name = try WireName(reading: message, at: &position)
        guard header.questions == 1, name == question, try message.uint16(at: position) == Record.resourceType,
            try message.uint16(at: position + 2) == ResourceType.classIN
        else { throw DNSFailure(.malformedAnswer, detail: "it answers another question") }
        position += 4
        let answers = try Answers<Record>(reading: message, at: &position, count: header.answers)
        let authority = try Authority(reading: message, at: &position, count: header.authorities)
        let extended = try Self.extendedCode(reading: message, at: &position, count: header.additionals)
        guard extended == 0 else {
            throw DNSFailure(.refused, detail: ResponseCode.name(extended << 4 | header.code))
        }
        try self.init(question: question, header: header, answers: answers, authority: authority, in: message)
    }

    private init(
        question: WireName,
        header: Header,
        answers: Answers<Record>,
        authority: Authority,
        in message: Span<UInt8>
    ) throws(DNSFailure) {
        let chain = try answers.chain(from: question)
        let found = answers.matching.filter { $0.owner == chain.name }
        let negative = authority.timeToLive(for: chain.name)
        var timeToLive = chain.timeToLive
        if header.code == ResponseCode.noSuchName {
            content = .noSuchName
            timeToLive = negative.map { min($0, timeToLive ?? $0) }
        } else if !found.isEmpty {
            var records: [Record] = []
            for place in found {
                records.append(try Record(reading: message, from: place.start, to: place.end))
                timeToLive = min(place.timeToLive, timeToLive ?? place.timeToLive)
            }
            content = .records(records)
        } else if negative == nil, chain.hops > 0 {
            content = .alias
        } else {
            // Name servers without a start of authority are a referral, no NODATA (RFC 2308 section 2.2).
            guard negative != nil || !authority.hasNameServers else {
                throw DNSFailure(.refused, detail: "the server refers to others instead of resolving")
            }
            content = .noData
            timeToLive = negative.map { min($0, timeToLive ?? $0) }
        }
        name = chain.name
        hops = chain.hops
        self.timeToLive = timeToLive
        isAuthenticated = header.isAuthenticated
    }

    /// The upper bits of the response code, from the OPT record (RFC 6891 section 6.1.3).
    private static func extendedCode(
        reading message: Span<UInt8>,
        at position: inout Int,
        count: Int
    ) throws(DNSFailure) -> UInt16 {
        var code: UInt16 = 0
        for _ in 0..<count {
            let record = try RecordPlace(reading: message, at: &position)
            if record.type == ResourceType.opt { code = UInt16(truncatingIfNeeded: record.rawTimeToLive >> 24) }
        }
        return code
    }
}

/// The header of an answer (RFC 1035 section 4.1.1).
struct Header {
    let code: UInt16
    let isTruncated: Bool
    let isAuthenticated: Bool
    let questions: Int
    let answers: Int
    let authorities: Int
    let additionals: Int

    /// Reads the header of an answer with one question, or with none where it reports an error.
    init(reading message: Span<UInt8>) throws(DNSFailure) {
        let flags = try message.uint16(at: 2)
        questions = Int(try message.uint16(at: 4))
        guard flags & 0x8000 != 0, flags & 0x7800 == 0, questions <= 1 else {
            throw DNSFailure(.malformedAnswer, detail: "it is no answer to a query")
        }
        code = flags & 0x000F
        isTruncated = flags & 0x0200 != 0
        isAuthenticated = flags & 0x0020 != 0
        answers = Int(try message.uint16(at: 6))
        authorities = Int(try message.uint16(at: 8))
        additionals = Int(try message.uint16(at: 10))
    }
}

/// One resource record, its data by place.
struct RecordPlace {
    let owner: WireName
    let type: UInt16
    let isInternet: Bool
    let rawTimeToLive: UInt32
    let start: Int
    let end: Int

    /// The TTL in seconds; one with the highest bit set counts as 0 (RFC 2181 section 8).
    var timeToLive: UInt32 { rawTimeToLive > UInt32(Int32.max) ? 0 : rawTimeToLive }

    /// Reads a record and moves `position` behind it.
    init(reading message: Span<UInt8>, at position: inout Int) throws(DNSFailure) {
        owner = try WireName(reading: message, at: &position)
        type = try message.uint16(at: position)
        isInternet = try message.uint16(at: position + 2) == ResourceType.classIN
        rawTimeToLive = try message.uint32(at: position + 4)
        start = position + 10
        end = start + Int(try message.uint16(at: position + 8))
        guard end <= message.count else {
            throw DNSFailure(.malformedAnswer, detail: "the record at octet \(start) leaves the message")
        }
        position = end
    }
}

/// The answer section.
struct Answers<Record: ResourceData> {
    /// The records of the type asked for, whoever owns them.
    private(set) var matching: [RecordPlace] = []
    private var aliases: [WireName: (target: WireName, timeToLive: UInt32)] = [:]

    init(reading message: Span<UInt8>, at position: inout Int, count: Int) throws(DNSFailure) {
        for _ in 0..<count {
            let record = try RecordPlace(reading: message, at: &position)
            guard record.isInternet else { continue }
            if record.type == Record.resourceType { matching.append(record) }
            guard record.type == ResourceType.cname, aliases[record.owner] == nil else { continue }
            var place = record.start
            let target = try WireName(reading: message, at: &place)
            guard place == record.end else {
                throw DNSFailure(.malformedAnswer, detail: "the CNAME record at octet \(record.start) is bad")
            }
            aliases[record.owner] = (target, record.timeToLive)
        }
    }

    /// Follows the CNAME records of the section from `name` to the last name. The limit ends a loop, too.
    func chain(
        from name: WireName
    ) throws(DNSFailure) -> (name: WireName, hops: Int, timeToLive: UInt32?) {
        var name = name
        var hops = 0
        var timeToLive: UInt32?
        while let alias = aliases[name] {
            hops += 1
            guard hops <= maximumAliasHops else { throw DNSFailure(.aliasLoop, detail: "at \(name.text)") }
            name = alias.target
            timeToLive = min(alias.timeToLive, timeToLive ?? alias.timeToLive)
        }
        return (name, hops, timeToLive)
    }
}

/// The authority section.
struct Authority {
    private(set) var hasNameServers = false
    private var startOfAuthority: (owner: WireName, timeToLive: UInt32)?

    init(reading message: Span<UInt8>, at position: inout Int, count: Int) throws(DNSFailure) {
        for _ in 0..<count {
            let record = try RecordPlace(reading: message, at: &position)
            guard record.isInternet else { continue }
            if record.type == ResourceType.ns { hasNameServers = true }
            guard record.type == ResourceType.soa, startOfAuthority == nil else { continue }
            var place = record.start
            _ = try WireName(reading: message, at: &place)
            _ = try WireName(reading: message, at: &place)
            guard place + 20 == record.end else {
                throw DNSFailure(.malformedAnswer, detail: "the SOA record at octet \(record.start) is bad")
            }
            let minimum = try message.uint32(at: place + 16)
            startOfAuthority = (record.owner, min(record.timeToLive, minimum))
        }
    }

    /// How long the absence of `name` or of its records may be kept (RFC 2308 section 5); nil if the section has no
    /// start of authority for it.
    func timeToLive(for name: WireName) -> UInt32? {
        guard let startOfAuthority, name.isAtOrBelow(startOfAuthority.owner) else { return nil }
        return startOfAuthority.timeToLive
    }
}
