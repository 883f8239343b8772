// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSAsyncHTTPClient
import MTASTSSystemDNS

func makeResolver(storeFolder: String) throws -> PolicyResolver {
    let store = try FilePolicyStore(directory: storeFolder)
    return PolicyResolver(
        dns: SystemDNS(),
        http: try AsyncHTTPClientTransport(),
        cache: PolicyCache(store: store)
    )
}

func mayConnect(to host: DomainName, for domain: DomainName, _ resolver: PolicyResolver) async throws -> Bool {
    let resolution = try await resolver.resolve(.domain(domain))
    return switch resolution.decision(forMX: host, tls: .notAttempted).action {
    case .proceed, .reconnectWithoutTLS: true
    case .skip: false
    }
}
