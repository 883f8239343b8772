// SPDX-License-Identifier: Apache-2.0

extension HTTPTransportSuite {
    /// All scenarios.
    public static let scenarios: [Scenario] =
        responses + certificates + connections + sizes + incompletes + deadlines

    /// The policy that the well-behaved servers of these scenarios hand out has this many octets.
    private static let policy = Response(status: 200, mediaType: "text/plain", contentEncoding: nil, bodyCount: nil)

    private static let responses: [Scenario] = [
        answer("enforce", "hands out a policy file", policy),
        answer("chunks", "sends the file in chunks of one octet", policy),
        answer("wildcard", "has a certificate for *.wildcard.example", policy),
        answer("two-addresses", "has two addresses, the first of which nobody listens on", policy),
        Scenario(
            name: "silent-first",
            server: "has two addresses, the first of which drops every packet",
            allowed: [.response],
            response: policy,
            deadline: .seconds(10),
            within: .seconds(9)
        ),
        answer(
            "status-301",
            "redirects to another policy host",
            Response(status: 301, mediaType: "text/html", contentEncoding: nil, bodyCount: nil)
        ),
        answer(
            "status-404",
            "has no file",
            Response(status: 404, mediaType: "text/html", contentEncoding: nil, bodyCount: nil)
        ),
        answer(
            "status-500",
            "fails",
            Response(status: 500, mediaType: "text/html", contentEncoding: nil, bodyCount: nil)
        ),
        answer(
            "text-html",
            "hands out a page",
            Response(status: 200, mediaType: "text/html", contentEncoding: nil, bodyCount: nil)
        ),
        answer(
            "no-type",
            "sends the file without Content-Type",
            Response(status: 200, mediaType: nil, contentEncoding: nil, bodyCount: nil)
        ),
        answer(
            "gzip",
            "sends a body coded with gzip, of 85 octets, although it was not asked for",
            Response(status: 200, mediaType: "text/plain", contentEncoding: "gzip", bodyCount: nil)
        ),
        answer(
            "limit",
            "sends a body of exactly 65,536 octets",
            Response(status: 200, mediaType: "text/plain", contentEncoding: nil, bodyCount: 65_536)
        ),
        // A transport whose TLS stack hides whether the end was announced must refuse such a body.
        Scenario(
            name: "until-close",
            server: "marks the end of the body by TLS's close_notify alone",
            allowed: [.response, .incomplete],
            response: policy,
            deadline: .seconds(10),
            within: .seconds(5)
        ),
    ]

    private static let certificates: [Scenario] = [
        failure("expired", "has a certificate that has expired", .certificate),
        failure("not-yet-valid", "has a certificate that is not yet valid", .certificate),
        failure("self-signed", "has a certificate signed by itself", .certificate),
        failure("unknown-ca", "has a certificate of an authority that is not trusted", .certificate),
        failure("wrong-name", "has a certificate for other names; the common name is right", .certificate),
        failure("common-name", "has a certificate with the right common name and no DNS-ID", .certificate),
        failure("address-name", "has a certificate for its IP address", .certificate),
        failure("part-wildcard", "has a certificate for mta*.part-wildcard.example", .certificate),
        failure("high-wildcard", "has a certificate for *.example", .certificate),
    ]

    private static let connections: [Scenario] = [
        failure("refused-tcp", "does not listen", .connection),
        failure("reset", "resets the connection after the first octet", .connection),
        failure("not-tls", "speaks SMTP instead of TLS", .connection),
        failure("not-http", "speaks SMTP inside of TLS", .connection),
        failure("tls-1-1", "speaks TLS 1.1 and no later version", .connection),
        failure("closed", "closes after the request", .connection),
    ]

    private static let sizes: [Scenario] = [
        failure("over-limit", "sends a body of 65,537 octets", .tooLarge),
        failure("huge-length", "announces 10 GiB and sends nothing", .tooLarge),
        failure("endless-body", "sends a body that never ends", .tooLarge),
        failure("endless-chunks", "sends chunks that never end", .tooLarge),
        failure("endless-header", "sends header fields that never end", .tooLarge),
        failure("endless-interim", "sends interim answers (103) that never end", .tooLarge, .connection),
    ]

    private static let incompletes: [Scenario] = [
        failure("cut-length", "sends less than Content-Length says, and closes", .incomplete),
        failure("cut-chunks", "closes without the last chunk", .incomplete),
        failure("until-cut", "sends no length and closes without close_notify", .incomplete),
        failure("reset-in-body", "resets the connection amid the body", .incomplete),
    ]

    private static let deadlines: [Scenario] = [
        late("drip", "sends an octet of body a second"),
        late("drip-header", "sends an octet of header a second"),
        late("no-answer", "takes the request and never answers"),
        Scenario(
            name: "silent-tcp",
            server: "has one address, which drops every packet",
            allowed: [.deadline, .connection],
            response: nil,
            deadline: .seconds(2),
            within: .seconds(3)
        ),
        late("no-handshake", "takes the connection and never answers"),
    ]

    private static func answer(_ name: String, _ server: String, _ response: Response) -> Scenario {
        Scenario(
            name: name,
            server: server,
            allowed: [.response],
            response: response,
            deadline: .seconds(10),
            within: .seconds(5)
        )
    }

    private static func failure(_ name: String, _ server: String, _ allowed: Outcome...) -> Scenario {
        Scenario(
            name: name,
            server: server,
            allowed: allowed,
            response: nil,
            deadline: .seconds(10),
            within: .seconds(5)
        )
    }

    private static func late(_ name: String, _ server: String) -> Scenario {
        Scenario(
            name: name,
            server: server,
            allowed: [.deadline],
            response: nil,
            deadline: .seconds(2),
            within: .seconds(3)
        )
    }
}
