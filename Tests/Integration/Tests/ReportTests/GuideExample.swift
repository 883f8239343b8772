// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSAsyncHTTPClient
import MTASTSSystemDNS
import MTASTSZLIB
import TLSRPTFiles

func report(
    _ counter: SessionCounter,
    folder path: String,
    mail: any MailReportTransport
) async throws {
    let sender = try ReportSender(organizationName: "Example Org", contactInfo: "tls-reports@sender.example")
    let folder = try TallyFolder(directory: path)
    var configuration = TLSReporter.Configuration(submitter: sender.submitter)
    configuration.https = try AsyncHTTPClientTransport()
    configuration.mail = TLSReporter.Mail(transport: mail, signing: .signedByServer)
    configuration.compression = ZLIBCompression()
    let reporter = TLSReporter(dns: SystemDNS(), configuration)
    async let flushing: Void = folder.run(flushing: counter, clock: SystemMonotonicClock())
    await reporter.run(reportsOf: TallyReports(folder: folder, sender: sender))
    await flushing
}
