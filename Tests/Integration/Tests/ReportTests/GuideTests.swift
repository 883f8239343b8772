// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import TLSRPTFiles
import Testing

extension ReportTests {
    /// The example of Documentation/TLSReports.md.
    struct GuideTests {
        private struct NoMail: MailReportTransport {
            func send(_ mail: ReportMail) async throws {
                throw ReportTransportFailure.temporary(reason: "no mail is expected")
            }
        }

        @Test func theExampleIsThisFoldersCode() throws {
            let code = "Tests/Integration/Tests/ReportTests/GuideExample.swift"
            #expect(try Repository.page("Documentation/TLSReports.md", quotes: code))
        }

        @Test func whatWasCountedIsKeptWhenTheExampleIsCancelled() async throws {
            try await ReportTests.withFolder { folder in
                let path = folder.appending(path: "tallies").path
                let counter = SessionCounter()
                let domain = try #require(DomainName("example.com"))
                let policy = SessionPolicy(type: .noPolicyFound, domain: domain)
                let running = Task { try await report(counter, folder: path, mail: NoMail()) }
                counter.count(.success, under: policy, for: domain)
                running.cancel()
                try await running.value
                let days = try await TallyFolder(directory: path).days()
                #expect(days == [ReportDay(containing: SystemWallClock().now)])
            }
        }
    }
}
