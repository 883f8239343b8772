// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import MTASTSSystemDNS
import RequirementTrait
import Testing

extension ReportTests {
    /// Reports on their way from the reporter to real receivers, whose names it has from a real name server.
    struct DeliveryTests {
        @Test(.proves("R-SEND-14"), arguments: HTTPStack.allCases)
        func eachDestinationGetsTheReport(stack: HTTPStack) async throws {
            let setting = try DeliverySetting(stack)
            let path = "/v1/report"
            let recipient = "both@tlsrpt.example"
            let posts = try await setting.world.posts(to: path, expecting: 0).count
            let mails = try await setting.world.mail(to: recipient, expecting: 0).count
            let outcome = try await setting.deliver("both")
            #expect(
                outcome
                    == .sent(to: [.https(url: "https://created.tlsrpt.example\(path)"), .mailto(address: recipient)])
            )
            await setting.shutdown()

            let post = try #require(try await setting.world.posts(to: path, expecting: posts + 1).last)
            #expect(post.host == "created.tlsrpt.example" && post.status == 201)
            #expect(post.contentType == "application/tlsrpt+gzip" && post.contentEncoding.isEmpty)
            let files = try await setting.world.mail(to: recipient, expecting: mails + 1)
            #expect(files.count == mails + 1)
            let domain = try #require(DomainName("both.reporting.example"))
            for file in [URL(filePath: post.file), try #require(files.last)] {
                let expected = ReportTests.sampleReading(of: domain, in: file)
                #expect(try ReportTests.read([file]) == expected)
                #expect(try Judge.read([file]) == expected)
            }
        }

        @Test(.proves("R-TXTR-08")) func secondDestinationAfterTheFirstHasFailed() async throws {
            let setting = try DeliverySetting()
            let outcome = try await setting.deliver("fallback")
            #expect(outcome == .sent(to: [.https(url: "https://tlsrpt.example/second")]))
            await setting.shutdown()
            #expect(try await setting.world.posts(to: "/second", expecting: 1).last?.status == 200)
            #expect(try await setting.world.posts(to: "/r", expecting: 1).last?.status == 500)
        }

        /// A server that is closed, and one that cannot even be connected to, takes the report once it is back.
        @Test(.proves("R-SEND-17"), arguments: HTTPStack.allCases, [true, false])
        func receiverComesBack(stack: HTTPStack, isUnreachable: Bool) async throws {
            let setting = try DeliverySetting(stack)
            let host = "empty.tlsrpt.example"
            let known = try await setting.world.posts(to: "/r", expecting: 0).count
            if isUnreachable { setting.network.cut() } else { try setting.world.close(host) }
            let delivery = try await setting.deliver("closed") { pauses in
                // 5 + 10 + 20 + 40 + 80 + 160 minutes are five hours and a quarter.
                guard pauses == 6 else { return }
                if isUnreachable { setting.network.mend() } else { try setting.world.open(host) }
            }
            await setting.shutdown()
            #expect(delivery.outcome == .sent(to: [.https(url: "https://\(host)/r")]))
            #expect(delivery.elapsed == .seconds(315 * 60))
            let statuses = isUnreachable ? [204] : [503, 503, 503, 503, 503, 503, 204]
            let posts = try await setting.world.posts(to: "/r", expecting: known + statuses.count).dropFirst(known)
            #expect(posts.map(\.status) == statuses)
            let file = URL(filePath: try #require(posts.last).file)
            let domain = try #require(DomainName("closed.reporting.example"))
            #expect(try ReportTests.read([file]) == ReportTests.sampleReading(of: domain, in: file))
            print("| \(stack.rawValue) | receiver back after 315 minutes | attempts \(delivery.attempts) | sent |")
        }

        @Test(.proves("R-SEND-17"), arguments: ["gone", "deferred"])
        func isGivenUpWithinADay(_ name: String) async throws {
            let setting = try DeliverySetting()
            let delivery = try await setting.deliver(name) { _ in }
            await setting.shutdown()
            guard case .gaveUp(let failures) = delivery.outcome else {
                Issue.record("\(delivery.outcome)")
                return
            }
            #expect(failures.count == 1)
            #expect(delivery.elapsed <= .seconds(86_400) && delivery.elapsed > .seconds(20 * 3_600))
            #expect(delivery.attempts < 15)
            print(
                "| \(name) for a day | attempts \(delivery.attempts) | given up: \(failures.first?.description ?? "") |"
            )
        }

        /// What will never be taken is tried once.
        @Test(.proves("R-SEND-16"), arguments: ["too-large", "redirect", "refused"])
        func refusalIsFinal(_ name: String) async throws {
            let setting = try DeliverySetting()
            let redirected = try await setting.world.posts(to: "/redirected", expecting: 0).count
            let delivery = try await setting.deliver(name) { _ in }
            await setting.shutdown()
            guard case .gaveUp(let failures) = delivery.outcome else {
                Issue.record("\(delivery.outcome)")
                return
            }
            #expect(failures.count == 1 && delivery.attempts == 1)
            #expect(try await setting.world.posts(to: "/redirected", expecting: 0).count == redirected)
        }

        /// The forms of a record that real name servers give.
        @Test(
            .proves("R-TXTR-01", "R-TXTR-03", "R-TXTR-10"),
            arguments: [
                ("strings", "strings@tlsrpt.example"), ("delegated", "reports@tlsrpt.example"),
                ("beside", "beside@tlsrpt.example"), ("escaped", "\"a,b\"@tlsrpt.example"),
            ]
        )
        func recordIsFound(_ name: String, recipient: String) async throws {
            let setting = try DeliverySetting()
            let known = try await setting.world.mail(to: recipient, expecting: 0).count
            #expect(try await setting.deliver(name) == .sent(to: [.mailto(address: recipient)]))
            await setting.shutdown()
            #expect(try await setting.world.mail(to: recipient, expecting: known + 1).count == known + 1)
        }

        @Test(.proves("R-TXTR-01", "R-TXTR-03"), arguments: ["removed", "nothing", "several"])
        func nobodyAsks(_ name: String) async throws {
            let setting = try DeliverySetting()
            let outcome = try await setting.deliver(name)
            await setting.shutdown()
            guard case .notAsked = outcome else {
                Issue.record("\(outcome)")
                return
            }
        }

        @Test(.proves("R-TXTR-05")) func noDestinationIsUsable() async throws {
            let setting = try DeliverySetting()
            #expect(try await setting.deliver("unusable") == .noUsableDestination)
            await setting.shutdown()
        }
    }
}
