// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import MTASTSZLIB
import Testing

extension ReportTests {
    /// One report in every form that we write, read by us and by others.
    struct SampleTests {
        @Test func everyFormIsReadTheSame() async throws {
            let domain = try #require(DomainName("xn--bcher-kva.example"))
            let report = try ReportTests.sample(of: domain)
            let json = report.json()
            let gzip = try ZLIBCompression().gzip(json)
            func mail(_ attachment: ReportMessage.Attachment) throws -> [UInt8] {
                try ReportMessage(
                    report: report,
                    policyDomain: domain,
                    submitter: try #require(report.submitter),
                    recipient: "reports@tlsrpt.example",
                    attachment: attachment,
                    date: UnixTime(secondsSinceEpoch: 1_795_564_800)
                ).octets
            }
            let forms = [
                "report.json": json, "report.json.gz": gzip, "json.eml": try mail(.json(json)),
                "gzip.eml": try mail(.gzip(gzip)),
            ]
            try await ReportTests.withFolder { folder in
                for (name, octets) in forms {
                    let file = folder.appending(path: name)
                    try Data(octets).write(to: file)
                    let expected = ReportTests.sampleReading(of: domain, in: file)
                    #expect(try ReportTests.read([file]) == expected, "\(name)")
                    #expect(try Judge.read([file]) == expected, "\(name)")
                }
            }
        }
    }
}
