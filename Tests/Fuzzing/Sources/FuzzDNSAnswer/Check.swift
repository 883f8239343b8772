// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
@_spi(Fuzzing) import MTASTSSystemDNS

func check(_ octets: [UInt8]) {
    let counts = DNSAnswerReader.recordCounts(in: octets.span)
    require(counts.count { $0 != nil } <= 1, "a message answers one question")
    for count in counts.compactMap(\.self) {
        // The root, a type, a class, a TTL and a length are 11 octets.
        require(count >= 0 && 11 * count <= octets.count, "records are parts of the message")
    }
    require(DNSAnswerReader.recordCounts(in: octets.span) == counts, "the same octets say the same")
}
