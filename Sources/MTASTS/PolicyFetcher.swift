// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import STSPolicy
internal import STSRecord

/// Fetches a policy file and judges the answer, so that no transport can weaken the rules (RFC 8461 sections 3.2, 3.3).
struct PolicyFetcher: Sendable {
    let transport: any HTTPTransport
    let deadline: Duration
    let bodyLimit: Int
    let allowsMissingMediaType: Bool

    /// The policy of a domain.
    ///
    /// - Throws: `FetchFailure`, or `CancellationError`.
    func fetch(_ domain: DomainName, recordID: STSRecord.ID?) async throws -> STSPolicy {
        guard let host = domain.policyHost else { throw FetchFailure(.nameTooLong, recordID: recordID) }
        let request = PolicyRequest(host: host, deadline: deadline, bodyLimit: bodyLimit)
        let response: HTTPResponse
        do {
            response = try await transport.fetch(request)
        } catch let failure as HTTPFailure {
            throw FetchFailure(.transport(failure), recordID: recordID)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw FetchFailure(.transport(.connection(reason: "\(error)")), recordID: recordID)
        }
        return try judge(response, recordID: recordID)
    }

    private func judge(_ response: HTTPResponse, recordID: STSRecord.ID?) throws(FetchFailure) -> STSPolicy {
        guard response.status == 200 else { throw FetchFailure(.status(response.status), recordID: recordID) }
        guard isAcceptable(mediaType: response.contentType) else {
            throw FetchFailure(.mediaType(response.contentType), recordID: recordID)
        }
        if let coding = response.contentEncoding, coding.lowercased() != "identity", !coding.isEmpty {
            throw FetchFailure(.contentEncoding(coding), recordID: recordID)
        }
        guard response.body.count <= bodyLimit else {
            throw FetchFailure(.transport(.tooLarge(limit: bodyLimit)), recordID: recordID)
        }
        do throws(STSPolicy.ParseError) {
            return try STSPolicy(parsing: response.body)
        } catch {
            throw FetchFailure(.invalidPolicy(error), recordID: recordID, body: response.body)
        }
    }

    /// Whether the value of Content-Type says text/plain: case does not count, parameters are ignored, charset among
    /// them, since a policy is read as UTF-8 in any case (RFC 8461 section 3.2, RFC 9110 section 8.3).
    private func isAcceptable(mediaType value: String?) -> Bool {
        guard let value else { return allowsMissingMediaType }
        let octets = Array(value.utf8)
        let end = octets.firstIndex(of: 0x3B) ?? octets.count
        let start = octets.span.indexAfterBlanks(from: 0, to: end)
        let stop = octets.span.endBeforeBlanks(from: start, to: end)
        return octets[start..<stop].map(\.asciiLowercased) == Array("text/plain".utf8)
    }
}
