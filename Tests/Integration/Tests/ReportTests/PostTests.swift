// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import MTASTSZLIB
import RequirementTrait
import Testing

extension ReportTests {
    /// Reports posted to nginx, as received (RFC 8460 section 5.4).
    struct PostTests {
        @Test(.proves("R-SEND-14"), arguments: HTTPStack.allCases, [true, false])
        func isReceivedAsSent(stack: HTTPStack, isCompressed: Bool) async throws {
            let world = try ReportsWorld()
            let transport = try stack.transport(in: try HTTPSWorld(), endpoints: world.endpoints)
            let domain = try #require(DomainName("posted.reporting.example"))
            let json = try ReportTests.sample(of: domain).json()
            let body = isCompressed ? try ZLIBCompression().gzip(json) : json
            let mediaType = "application/tlsrpt+\(isCompressed ? "gzip" : "json")"
            let path = ReportTests.freshPath()
            let post = ReportPost(url: "https://created.tlsrpt.example\(path)", mediaType: mediaType, body: body)
            #expect(try await transport.reports.post(post) == 201)
            await transport.shutdown()

            let posts = try await world.posts(to: path, expecting: 1)
            let received = try #require(posts.first)
            #expect(posts.count == 1)
            #expect(received.host == "created.tlsrpt.example")
            #expect(received.contentType == mediaType)
            #expect(received.contentEncoding.isEmpty)
            #expect(received.contentLength == "\(body.count)")
            #expect(received.cookie.isEmpty && received.authorization.isEmpty)
            #expect(try received.body() == body)
            let file = URL(filePath: received.file)
            let expected = ReportTests.sampleReading(of: domain, in: file)
            #expect(try ReportTests.read([file]) == expected)
            #expect(try Judge.read([file]) == expected)
            print(
                "| posted by \(stack.rawValue) | \(mediaType) | \(body.count) octets | as sent | \(received.status) |"
            )
        }

        @Test(arguments: HTTPStack.allCases, [("redirect", 307), ("gone", 410), ("too-large", 413), ("broken", 500)])
        func statusOfTheServer(stack: HTTPStack, _ host: (name: String, status: Int)) async throws {
            let world = try ReportsWorld()
            let transport = try stack.transport(in: try HTTPSWorld(), endpoints: world.endpoints)
            let path = ReportTests.freshPath()
            let post = ReportPost(
                url: "https://\(host.name).tlsrpt.example\(path)",
                mediaType: "application/tlsrpt+json",
                body: try ReportTests.sample(of: try #require(DomainName("posted.reporting.example"))).json()
            )
            #expect(try await transport.reports.post(post) == host.status)
            await transport.shutdown()
            #expect(try await world.posts(to: path, expecting: 1).map(\.status) == [host.status])
        }
    }
}
