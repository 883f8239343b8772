// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import MTASTSTesting
import RequirementTrait
import Testing

extension HTTPSTests {
    /// Reports posted to servers that behave and servers that do not (RFC 8460 section 5.4).
    struct ReportPostTests {
        private static let mediaType = "application/tlsrpt+gzip"

        /// The octets of a body and their SHA-256, computed by others.
        private static let small = Array("not really compressed".utf8)
        private static let smallDigest = "ffe6361a8769c596f6e0232ca744d0e52bb3ac8f0f56908ab35aa8fdf94dc1e6"

        @Test(.proves("R-SEND-14", "R-SEND-16"), arguments: HTTPStack.allCases)
        func keepsThePromises(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let violations = await HTTPReportTransportSuite(port: world.port).run(transport: transport.reports)
            #expect(violations.isEmpty, "\(violations)")
            await transport.shutdown()
        }

        /// What a report says of a policy host whose certificate is refused (RFC 8460 section 4.3.2.2).
        @Test(
            arguments: HTTPStack.allCases,
            [
                ("expired", "X509_V_ERR_CERT_HAS_EXPIRED"), ("not-yet-valid", "X509_V_ERR_CERT_NOT_YET_VALID"),
                ("self-signed", "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT"),
                ("unknown-ca", "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
                ("wrong-name", "X509_V_ERR_HOSTNAME_MISMATCH"), ("common-name", "X509_V_ERR_HOSTNAME_MISMATCH"),
                ("part-wildcard", "X509_V_ERR_HOSTNAME_MISMATCH"),
            ]
        )
        func reasonOfAPolicyFetch(stack: HTTPStack, row: (name: String, reason: String)) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let host = try #require(world.hosts[row.name]).policyHost
            // BoringSSL tells no more, and async-http-client hands out no certificate that was refused.
            let isTold = stack == .curl || row.reason == "X509_V_ERR_HOSTNAME_MISMATCH"
            let reason = isTold ? row.reason : "CERTIFICATE_VERIFY_FAILED"
            await #expect(throws: HTTPFailure.certificate(reason: reason)) {
                try await transport.http.fetch(PolicyRequest(host: host))
            }
            await transport.shutdown()
        }

        @Test(.proves("R-SEND-16"), arguments: HTTPStack.allCases, [200, 201, 204, 301, 307, 500])
        func statusComesBack(stack: HTTPStack, status: Int) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let known = try world.requestCount(of: "report-200")
            #expect(try await transport.reports.post(post(world, "report-\(status)")) == status)
            // No redirect is followed, whichever kind it is.
            let more = status == 200 ? 1 : 0
            #expect(try world.requestCount(of: "report-200") == known + more)
            await transport.shutdown()
        }

        @Test(.proves("R-SEND-14"), arguments: HTTPStack.allCases)
        func requestIsPlain(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let known = try world.events(of: "report-201").count
            _ = try await transport.reports.post(post(world, "report-201", path: "/tls/rpt?to=us"))
            let events = try world.events(of: "report-201").dropFirst(known)
            #expect(events.first { $0.event == "opened" }?.sni == "mta-sts.report-201.example")
            let request = try #require(events.first { $0.event == "request" })
            #expect(request.sha256 == Self.smallDigest)
            let lines = try #require(request.header).components(separatedBy: "\r\n").filter { !$0.isEmpty }
            #expect(lines.first == "POST /tls/rpt?to=us HTTP/1.1")
            let fields = lines.dropFirst().map { $0.lowercased() }.sorted()
            #expect(
                fields == [
                    "accept-encoding: identity", "connection: close", "content-length: \(Self.small.count)",
                    "content-type: application/tlsrpt+gzip", "host: mta-sts.report-201.example:\(world.port)",
                    "user-agent: swift-mta-sts (tls report, rfc 8460)",
                ]
            )
            await transport.shutdown()
        }

        /// A report of four megabytes arrives whole, without a question whether it is welcome.
        @Test(arguments: HTTPStack.allCases)
        func longBody(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let known = try world.events(of: "report-200").count
            let body = [UInt8](repeating: 0x78, count: 4_194_304)
            #expect(try await transport.reports.post(post(world, "report-200", body: body)) == 200)
            let request = try #require(
                try world.events(of: "report-200").dropFirst(known).first { $0.event == "request" }
            )
            #expect(request.header?.lowercased().contains("expect:") == false)
            #expect(request.header?.lowercased().contains("content-length: 4194304\r\n") == true)
            #expect(request.sha256 == Self.longDigest)
            await transport.shutdown()
        }

        private static let longDigest = "baa7a6d36ffa957552df230235c2d51d735f28d49c58a5f3438a3a973a25a37d"

        /// The server answers before the body has come and reads no more of it.
        @Test(arguments: HTTPStack.allCases)
        func earlyRefusal(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let body = [UInt8](repeating: 0x78, count: 4_194_304)
            #expect(try await transport.reports.post(post(world, "report-413", body: body)) == 413)
            await transport.shutdown()
        }

        @Test(arguments: HTTPStack.allCases)
        func interimAnswersArePassedOver(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            #expect(try await transport.reports.post(post(world, "report-interim")) == 201)
            await transport.shutdown()
        }

        @Test(arguments: HTTPStack.allCases, ["report-endless", "report-slow-body"])
        func bodyOfTheAnswerIsNotRead(stack: HTTPStack, name: String) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let known = try world.events(of: name).count
            let last = try world.events(of: name).map(\.connection).max() ?? 0
            let start = ContinuousClock.now
            #expect(try await transport.reports.post(post(world, name, deadline: .seconds(20))) == 200)
            #expect(ContinuousClock.now - start < .seconds(2))
            _ = try await world.event(of: name) { $0.connection > last && $0.event == "closed" }
            let closed = try #require(try world.events(of: name).dropFirst(known).first { $0.event == "closed" })
            #expect(try #require(closed.octets) < 1_048_576)
            await transport.shutdown()
        }

        @Test(arguments: HTTPStack.allCases, ["report-drip", "report-silent", "no-handshake"])
        func slowServerIsGivenUp(stack: HTTPStack, name: String) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world, connectTimeout: .seconds(60))
            let start = ContinuousClock.now
            await expect(transport, try post(world, name, deadline: .seconds(2)), isTemporary: "no answer within")
            let duration = ContinuousClock.now - start
            #expect(duration >= .seconds(2) && duration < .seconds(3))
            await transport.shutdown()
        }

        @Test(arguments: HTTPStack.allCases, ["refused-tcp", "reset", "not-tls", "not-http", "closed"])
        func brokenServerIsTemporary(stack: HTTPStack, name: String) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            await expect(transport, try post(world, name), isTemporary: "")
            await transport.shutdown()
        }

        @Test(
            .proves("R-SEND-15"),
            arguments: HTTPStack.allCases,
            [
                "report-expired": ["CURL": "X509_V_ERR_CERT_HAS_EXPIRED"],
                "report-unknown": ["CURL": "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
                "wrong-name": [
                    "CURL": "X509_V_ERR_HOSTNAME_MISMATCH", "AsyncHTTPClient": "X509_V_ERR_HOSTNAME_MISMATCH",
                ],
            ]
        )
        func certificateIsVerified(stack: HTTPStack, row: (key: String, value: [String: String])) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let reason = row.value[stack.rawValue] ?? "CERTIFICATE_VERIFY_FAILED"
            let known = try world.requestCount(of: row.key)
            await expect(transport, try post(world, row.key), isTemporary: "certificate: \(reason)")
            #expect(try world.requestCount(of: row.key) == known)
            await transport.shutdown()
        }

        @Test(.proves("R-SEND-15"), arguments: HTTPStack.allCases, ["report-expired", "report-unknown"])
        func certificateMayBeIgnored(stack: HTTPStack, name: String) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world, acceptsAnyReportCertificate: true)
            #expect(try await transport.reports.post(post(world, name)) == 200)
            // That is for reports alone.
            let host = try #require(world.hosts[name]).policyHost
            await #expect(throws: HTTPFailure.self) { try await transport.http.fetch(PolicyRequest(host: host)) }
            await transport.shutdown()
        }

        @Test(.proves("R-SEND-22"), arguments: HTTPStack.allCases)
        func guardRefusesPrivateAddress(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world, gate: ConnectionGate())
            let known = try world.events(of: "report-200").count
            let refused = [
                try post(world, "report-200"),
                ReportPost(url: "https://127.0.8.130:\(world.port)/", mediaType: Self.mediaType, body: Self.small),
                ReportPost(url: "https://localhost:\(world.port)/", mediaType: Self.mediaType, body: Self.small),
                ReportPost(url: "https://[::1]:\(world.port)/", mediaType: Self.mediaType, body: Self.small),
                ReportPost(url: "https://169.254.169.254/latest", mediaType: Self.mediaType, body: Self.small),
            ]
            for post in refused {
                do {
                    let status = try await transport.reports.post(post)
                    Issue.record("\(post.url) answered \(status)")
                } catch let ReportTransportFailure.permanent(reason) {
                    #expect(reason.hasSuffix("has no public address"), "\(post.url)")
                }
            }
            #expect(try world.events(of: "report-200").count == known)
            await transport.shutdown()
        }

        /// The URL's own port and address are used, and the certificate must bear the address.
        @Test(arguments: HTTPStack.allCases)
        func addressInTheURL(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world, endpoints: EndpointOverride())
            let known = try world.events(of: "report-address").count
            let url = "https://127.0.8.144:\(world.port)/here"
            let right = ReportPost(url: url, mediaType: Self.mediaType, body: Self.small)
            #expect(try await transport.reports.post(right) == 200)
            let events = try world.events(of: "report-address").dropFirst(known)
            #expect(events.first { $0.event == "opened" }?.sni == nil)
            let header = try #require(events.first { $0.event == "request" }?.header)
            #expect(header.contains("\r\nHost: 127.0.8.144:\(world.port)\r\n"))
            let wrong = ReportPost(
                url: "https://127.0.8.130:\(world.port)/",
                mediaType: Self.mediaType,
                body: Self.small
            )
            await expect(transport, wrong, isTemporary: "certificate: X509_V_ERR_HOSTNAME_MISMATCH")
            await transport.shutdown()
        }

        @Test(
            arguments: HTTPStack.allCases,
            [
                "http://mta-sts.report-200.example/", "https://", "https:///x",
                "https://user@mta-sts.report-200.example/",
                "https://mta-sts.report-200.example:0/", "https://mta-sts.report-200.example:65536/",
                "https://mta-sts.report-200.example/a b", "https://mta-sts.report-200.example/\r\nX: y",
                "https://a..example/", "https://[::1/", "https://[127.0.0.1]/", "mailto:r@report-200.example",
            ]
        )
        func unusableURL(stack: HTTPStack, url: String) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            await #expect(
                throws: ReportTransportFailure.permanent(reason: "the destination is no https URL that can be used")
            ) {
                try await transport.reports.post(ReportPost(url: url, mediaType: Self.mediaType, body: Self.small))
            }
            await transport.shutdown()
        }

        @Test(arguments: HTTPStack.allCases, ["", "text/plain\r\nX-Injected: 1", "type\u{7F}"])
        func unusableMediaType(stack: HTTPStack, mediaType: String) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let url = try post(world, "report-200").url
            do {
                _ = try await transport.reports.post(ReportPost(url: url, mediaType: mediaType, body: Self.small))
                Issue.record("it was sent")
            } catch {
                guard case ReportTransportFailure.permanent = error else {
                    Issue.record("\(error)")
                    return
                }
            }
            await transport.shutdown()
        }

        @Test(arguments: HTTPStack.allCases)
        func proxiesOfTheEnvironmentAreNotUsed(stack: HTTPStack) async throws {
            let names = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
            // Nobody listens there: a POST that went by the proxy would fail.
            for name in names { setenv(name, "http://127.0.8.250:1", 1) }
            defer { for name in names { unsetenv(name) } }
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            #expect(try await transport.reports.post(post(world, "report-200")) == 200)
            await transport.shutdown()
        }

        @Test(arguments: HTTPStack.allCases)
        func cancellation(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let last = try world.events(of: "report-silent").map(\.connection).max() ?? 0
            let waiting = try post(world, "report-silent", deadline: .seconds(30))
            let task = Task { try await transport.reports.post(waiting) }
            _ = try await world.event(of: "report-silent") { $0.connection > last && $0.event == "request" }
            task.cancel()
            let start = ContinuousClock.now
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(ContinuousClock.now - start < .seconds(1))
            await transport.shutdown()
        }

        private func expect(_ transport: HTTPStack.Running, _ post: ReportPost, isTemporary text: String) async {
            do {
                let status = try await transport.reports.post(post)
                Issue.record("status \(status)")
            } catch {
                guard case ReportTransportFailure.temporary(let reason) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(reason.hasPrefix(text), "\(reason)")
            }
        }

        private func post(
            _ world: HTTPSWorld,
            _ name: String,
            path: String = "/",
            body: [UInt8] = Self.small,
            deadline: Duration = .seconds(10)
        ) throws -> ReportPost {
            let host = try #require(world.hosts[name]).policyHost
            return ReportPost(
                url: "https://\(host):\(world.port)\(path)",
                mediaType: Self.mediaType,
                body: body,
                deadline: deadline
            )
        }
    }
}
