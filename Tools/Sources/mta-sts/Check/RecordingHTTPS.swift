// SPDX-License-Identifier: Apache-2.0

import MTASTS
import Synchronization

/// Passes a request on and keeps the answer, so that a file that senders refuse can be examined.
final class RecordingHTTPS: HTTPTransport {
    private let network: any CheckNetwork
    private let addresses: [IPAddress]
    private let seen = Mutex<HTTPResponse?>(nil)

    init(network: any CheckNetwork, addresses: [IPAddress]) {
        self.network = network
        self.addresses = addresses
    }

    /// The answer, if there was one.
    var response: HTTPResponse? { seen.withLock { $0 } }

    func fetch(_ request: PolicyRequest) async throws -> HTTPResponse {
        let response = try await network.fetch(request, at: addresses)
        seen.withLock { $0 = response }
        return response
    }
}

/// Says that every domain has a record, so that the policy is looked at whatever the real record is like.
struct AssumedRecord: DNSTransport {
    func txtRecords(at name: DomainName) async throws -> DNSAnswer<TXTRecord> {
        DNSAnswer(.records([TXTRecord("v=STSv1; id=check;")]))
    }
}
