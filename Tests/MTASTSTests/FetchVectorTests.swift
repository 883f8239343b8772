// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import RequirementTrait
import Testing
import VectorSupport

@testable import MTASTS

/// One row of fetch.jsonl: an answer of the policy host and what the resolver makes of it.
struct FetchVector: Vector {
    static let kind = "fetch"
    let id: String
    let given: Given
    let expect: Expectation

    struct Given: Decodable, Sendable {
        var dns: String?
        var address: String?
        var `guard`: Bool?
        var tcp: String?
        var tls: String?
        var cert: String?
        var status: Int?
        var contentType: String??
        var transfer: String?
        var body: String?
        var bodyOctets: Int?

        enum CodingKeys: String, CodingKey {
            case dns, address, `guard`, tcp, tls, cert, status, transfer, body
            case contentType = "content_type"
            case bodyOctets = "body_octets"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            dns = try container.decodeIfPresent(String.self, forKey: .dns)
            address = try container.decodeIfPresent(String.self, forKey: .address)
            `guard` = try container.decodeIfPresent(Bool.self, forKey: .guard)
            tcp = try container.decodeIfPresent(String.self, forKey: .tcp)
            tls = try container.decodeIfPresent(String.self, forKey: .tls)
            cert = try container.decodeIfPresent(String.self, forKey: .cert)
            status = try container.decodeIfPresent(Int.self, forKey: .status)
            transfer = try container.decodeIfPresent(String.self, forKey: .transfer)
            body = try container.decodeIfPresent(String.self, forKey: .body)
            bodyOctets = try container.decodeIfPresent(Int.self, forKey: .bodyOctets)
            if container.contains(.contentType) {
                contentType = .some(try container.decodeIfPresent(String.self, forKey: .contentType))
            }
        }

        /// What a transport that keeps its contract makes of it.
        func answer(limit: Int) throws -> ScriptedHTTPS.Answer {
            if let dns, dns != "ok" { return .failure(.connection(reason: dns)) }
            if `guard` == true {
                let address = try require(IPAddress(address ?? ""))
                do throws(HTTPFailure) {
                    try ConnectionGate().connectionOpened(to: address)
                } catch {
                    return .failure(error)
                }
            }
            if tcp == "refused" { return .failure(.connection(reason: "refused")) }
            if tls == "no-handshake" { return .failure(.connection(reason: "handshake")) }
            if let cert, cert != "ok" { return .failure(.certificate(reason: cert)) }
            var text = body ?? "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 86400\n"
            if let bodyOctets {
                text += "pad: " + String(repeating: "a", count: bodyOctets - text.utf8.count - 6) + "\n"
            }
            if transfer == "endless" || text.utf8.count > limit { return .failure(.tooLarge(limit: limit)) }
            let type: String? = if let contentType { contentType } else { "text/plain" }
            return .response(HTTPResponse(status: status ?? 200, contentType: type, body: Array(text.utf8)))
        }
    }

    struct Expectation: Decodable, Sendable {
        let verdict: String
        let resultType: String?

        enum CodingKeys: String, CodingKey {
            case verdict
            case resultType = "result_type"
        }
    }
}

@Suite struct FetchVectorTests {
    @Test(
        .proves(
            "R-FETCH-05",
            "R-FETCH-09",
            "R-FETCH-10",
            "R-FETCH-13",
            "R-FETCH-14",
            "R-FETCH-16",
            "R-FETCH-25",
            "R-POL-15",
            "R-RES-09",
            "R-RES-10",
            "R-RES-11",
            "R-REP-01"
        ),
        arguments: try Vectors.load("fetch", as: FetchVector.self)
    )
    func row(_ vector: FetchVector) async throws {
        let world = try FlowWorld()
        world.dns.publishRecord("v=STSv1; id=1;", for: world.domain)
        let limit = PolicyRequest.defaultBodyLimit
        world.https.answer(try vector.given.answer(limit: limit), at: try world.policyHost)
        let resolution = try await world.resolve()
        #expect((resolution.policy != nil) == (vector.expect.verdict == "accept"))
        #expect(resolution.failure?.resultType.rawValue == vector.expect.resultType)
        #expect(
            resolution.discoveryFindings.compactMap(\.resultType?.rawValue)
                == [vector.expect.resultType].compactMap(\.self)
        )
        #expect(world.https.requests == [try world.policyHost])  // no redirect was followed
    }

    /// R-FETCH-09 and R-FETCH-10: only 200 will do.
    @Test(
        .proves("R-FETCH-09", "R-FETCH-10"),
        arguments: [
            100, 199, 201, 202, 203, 204, 206, 226, 300, 301, 302, 303, 304, 307, 308, 400, 404, 500, 503, -1,
        ]
    )
    func onlyStatus200(status: Int) async throws {
        let world = try FlowWorld()
        world.dns.publishRecord("v=STSv1; id=1;", for: world.domain)
        let response = HTTPResponse(status: status, contentType: "text/plain", body: Array(policyText().utf8))
        world.https.answer(.response(response), at: try world.policyHost)
        let resolution = try await world.resolve()
        #expect(resolution.state == .noPolicy(.fetchFailure))
        guard case .fetch(let failure) = resolution.failure else {
            Issue.record("no fetch failure")
            return
        }
        #expect(failure.cause == .status(status) && failure.recordID == STSRecord.ID("1"))
    }

    /// A foreign transport that does not keep the body limit cannot weaken it (R-FETCH-16).
    @Test(.proves("R-FETCH-16")) func theResolverHoldsTheBodyLimitItself() async throws {
        let world = try FlowWorld()
        let pad = "pad: " + String(repeating: "a", count: 70_000) + "\n"
        world.publish(id: "1", policyText() + pad)
        #expect(try await world.resolve().failure?.resultType == .stsPolicyFetchError)
    }

    @Test(
        .proves("R-FETCH-18"),
        arguments: [("gzip", false), ("identity", true), ("", true), ("Identity", true), ("gzip, identity", false)]
    )
    func aContentCodingIsRefused(coding: String, isTaken: Bool) async throws {
        let world = try FlowWorld()
        world.dns.publishRecord("v=STSv1; id=1;", for: world.domain)
        let response = HTTPResponse(
            status: 200,
            contentType: "text/plain",
            contentEncoding: coding,
            body: Array(policyText().utf8)
        )
        world.https.answer(.response(response), at: try world.policyHost)
        #expect((try await world.resolve().policy != nil) == isTaken)  // R-FETCH-18
    }

    @Test(.proves("R-FETCH-13")) func aMissingMediaTypeIsAnOption() async throws {
        let world = try FlowWorld { $0.allowsMissingMediaType = true }
        world.dns.publishRecord("v=STSv1; id=1;", for: world.domain)
        let response = HTTPResponse(status: 200, contentType: nil, body: Array(policyText().utf8))
        world.https.answer(.response(response), at: try world.policyHost)
        #expect(try await world.resolve().policy != nil)  // R-FETCH-13
    }

    @Test(.proves("R-FETCH-15")) func aSlowHostMeetsTheDeadline() async throws {
        let world = try FlowWorld { $0.fetchDeadline = .seconds(60) }
        world.dns.publishRecord("v=STSv1; id=1;", for: world.domain)
        world.https.answer(.policy(policyText()), at: try world.policyHost, after: .seconds(600))
        async let resolution = world.resolve()
        await world.mono.waitForSleepers()
        world.mono.advance(by: .seconds(60))
        guard case .fetch(let failure) = try await resolution.failure else {
            Issue.record("no fetch failure")
            return
        }
        #expect(failure.cause == .transport(.deadline(.seconds(60))))  // R-FETCH-15
    }

    @Test(.proves("R-POL-17")) func anInvalidBodyIsKeptInWholeLinesForReports() async throws {
        let world = try FlowWorld()
        let line = "nonsense without a colon\n"
        world.publish(id: "1", String(repeating: line, count: 1_000))
        guard case .fetch(let failure) = try await world.resolve().failure else {
            Issue.record("no fetch failure")
            return
        }
        #expect(failure.invalidText == Array(String(repeating: line, count: 4_096 / line.utf8.count).utf8))  // R-POL-17
    }
}
