// SPDX-License-Identifier: Apache-2.0

internal import MTASTS
internal import MTASTSTesting
import Synchronization

/// A case of kind fetch: one GET of a policy file.
struct FetchCase {
    private enum NameAnswer: String { case ok, nxdomain, timeout }
    private enum TCPAnswer: String { case ok, refused }
    private enum TLSAnswer: String { case ok, noHandshake = "no-handshake" }
    private enum Transfer: String { case length, chunked, endless }

    private let name: NameAnswer
    private let tcp: TCPAnswer
    private let tls: TLSAnswer
    private let certificate: CertificateState
    private let address: IPAddress
    private let isGuarded: Bool
    private let status: Int
    private let contentType: String?
    private let transfer: Transfer
    private let body: String
    /// The octets that the body has in all, filled up with a line that means nothing; nil if it is as given.
    private let bodyOctets: Int?

    private static let members: Set<String> = [
        "dns", "tcp", "tls", "cert", "address", "guard", "status", "content_type", "location", "transfer", "body",
        "body_octets",
    ]
    private static let normalBody = "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 86400\n"
    private static let filler = (start: "pad: ", end: "\n")

    init(_ input: JSONValue) throws(CaseFault) {
        let object = try CaseObject(input, name: "input", allowing: Self.members)
        name = try object.word("dns", default: .ok)
        tcp = try object.word("tcp", default: .ok)
        tls = try object.word("tls", default: .ok)
        certificate = try object.word("cert", default: .ok)
        // Any public address will do: nothing connects to it.
        let addressText = object["address"] == nil ? "9.9.9.9" : try object.string("address")
        guard let address = IPAddress(addressText) else { throw object.fault("address", "no address") }
        self.address = address
        isGuarded = try object.bool("guard", default: false)
        status = try object.integer("status", in: 100...999, default: 200)
        contentType =
            switch object["content_type"] {
            case nil: "text/plain"
            case .null: nil
            default: try object.string("content_type")
            }
        // Read for its form alone: a transport has nowhere to put it, and the server counts who asks.
        if object["location"] != nil { _ = try object.string("location") }
        transfer = try object.word("transfer", default: .length)
        body = object["body"] == nil ? Self.normalBody : try object.string("body")
        if object["body_octets"] == nil {
            bodyOctets = nil
        } else {
            let least = body.utf8.count + Self.filler.start.utf8.count + 1 + Self.filler.end.utf8.count
            bodyOctets = try object.integer("body_octets", in: least ... .max)
        }
    }

    func outcome() async throws -> CaseOutcome {
        let world = try CaseWorld()
        world.dns.publishRecord("v=STSv1; id=1;", for: world.domain)
        let server = Server(answer: self)
        let resolution = try await world.resolver(http: server).resolve(.domain(world.domain))
        var verdict = resolution.policy == nil ? "reject" : "accept"
        // A redirect must not be followed (RFC 8461 section 3.3): one request, and that to the policy host.
        if server.requests != [world.policyHost] {
            verdict += ", and asked \(server.requests.map(\.description).joined(separator: ", "))"
        }
        return [
            "verdict": .string(verdict),
            "result_type": JSONValue(resolution.failure?.resultType.rawValue),
        ]
    }

    /// What a transport that keeps its contract gives for the answer of the case, each step in its order.
    private func answer(_ request: PolicyRequest) throws(HTTPFailure) -> HTTPResponse {
        guard name == .ok else { throw .connection(reason: "address look-up: \(name.rawValue)") }
        guard tcp == .ok else { throw .connection(reason: tcp.rawValue) }
        let gate = ConnectionGate(refusesNonPublicAddresses: isGuarded)
        try gate.connectionOpened(to: address)
        defer { gate.connectionClosed(to: address) }
        guard tls == .ok else { throw .connection(reason: tls.rawValue) }
        guard certificate == .ok else { throw .certificate(reason: certificate.rawValue) }
        let octets = bodyOctets ?? body.utf8.count
        guard transfer != .endless, octets <= request.bodyLimit else { throw .tooLarge(limit: request.bodyLimit) }
        return HTTPResponse(status: status, contentType: contentType, body: filledBody)
    }

    private var filledBody: [UInt8] {
        guard let bodyOctets else { return Array(body.utf8) }
        var octets = Array((body + Self.filler.start).utf8)
        let end = Array(Self.filler.end.utf8)
        octets += [UInt8](repeating: 0x61, count: bodyOctets - octets.count - end.count)
        return octets + end
    }

    private final class Server: HTTPTransport {
        private let answer: FetchCase
        private let asked = Mutex<[DomainName]>([])

        init(answer: FetchCase) { self.answer = answer }

        var requests: [DomainName] { asked.withLock { $0 } }

        func fetch(_ request: PolicyRequest) async throws -> HTTPResponse {
            asked.withLock { $0.append(request.host) }
            return try answer.answer(request)
        }
    }
}
