// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// What this program has already: a client for DNS.
protocol ProgramsDNSClient: Sendable {
    func txt(_ name: String) async throws -> (code: Int, strings: [[[UInt8]]], secondsToLive: Int, isValidated: Bool)
}

/// DNS by the client that this program has already.
struct ProgramDNS: DNSTransport {
    let client: any ProgramsDNSClient

    func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord> {
        // An error that the client throws, and every code but 0 and 3, means that we could not find out.
        let reply = try await client.txt(name.description)
        let content: DNSAnswer<TXTRecord>.Content
        switch (reply.code, reply.strings.isEmpty) {
        case (0, false): content = .records(reply.strings.map { TXTRecord(strings: $0) })
        case (0, true): content = .noData
        case (3, _): content = .noSuchName
        case (2, _): throw DNSFailure(.serverFailure)
        default: throw DNSFailure(.refused, detail: "code \(reply.code)")
        }
        return DNSAnswer(content, timeToLive: .seconds(reply.secondsToLive), isAuthenticated: reply.isValidated)
    }
}
