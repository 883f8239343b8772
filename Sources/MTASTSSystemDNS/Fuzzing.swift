// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// The reader of answers, for fuzzers: whatever the octets are, it returns.
@_spi(Fuzzing)
public enum DNSAnswerReader {
    /// How many records the message has, read as the answer to its own question for TXT, MX, A and AAAA records; nil
    /// for each type if it cannot be read so.
    public static func recordCounts(in message: Span<UInt8>) -> [Int?] {
        var position = Query.headerOctets
        guard let question = try? WireName(reading: message, at: &position) else { return [] }
        return [
            count(message, question, TXTRecord.self), count(message, question, MXRecord.self),
            count(message, question, IPv4Data.self), count(message, question, IPv6Data.self),
        ]
    }

    private static func count<Record: ResourceData>(
        _ message: Span<UInt8>,
        _ question: WireName,
        _ type: Record.Type
    ) -> Int? {
        guard let reply = try? Reply<Record>(reading: message, question: question) else { return nil }
        if case .records(let records) = reply.content { return records.count }
        return 0
    }
}
