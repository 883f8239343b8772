// SPDX-License-Identifier: Apache-2.0

import MTASTS

func firstDecision(dns: any DNSTransport, http: any HTTPTransport) async throws -> DeliveryDecision {
    let resolver = PolicyResolver(dns: dns, http: http)
    let resolution = try await resolver.resolve(NextHop(recipientDomain: "example.com"))
    let host = try DomainName(parsing: "mx1.mail.example.com")
    return resolution.decision(forMX: host, tls: .notAttempted)
}
