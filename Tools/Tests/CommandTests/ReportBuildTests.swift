// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSTesting
import TLSRPT
import TLSRPTFiles
import Testing

@testable import mta_sts

struct ReportBuildTests {
    private static let sessions = #"""
        {"time":"2026-01-01T23:59:59.9Z","domain":"Example.com","policy-type":"sts","policy-string":["version: STSv1","mode: enforce","mx: *.example.com","max_age: 86400"]}
        {"time":1767225600,"domain":"example.com","policy-type":"sts","policy-string":["version: STSv1","mode: enforce","mx: *.example.com","max_age: 86400"],"result-type":"certificate-expired","failure-reason-code":"X509_V_ERR_CERT_HAS_EXPIRED","receiving-mx-hostname":"mx.example.com","receiving-ip":"2001:DB8::1","sending-mta-ip":"192.0.2.1"}

        {"time":"2026-01-02T01:00:00+02:00","domain":"other.example","policy-type":"no-policy-found"}
        {"time":"2026-01-02T00:00:00Z","domain":"example.com","policy-type":"tlsa","policy-domain":"mx.example.com","policy-string":["3 1 1 00"]}
        """#

    private func build(
        _ day: ReportDay? = nil,
        _ text: String = sessions,
        today: ReportDay = SampleReports.day.advanced(by: 365),
        includesUnfinished: Bool = false
    ) async throws -> (CommandOutput, [TLSReport]) {
        let sender = try ReportSender(organizationName: "Example Org", contactInfo: "tls@sender.example")
        return try await TemporaryFolder.with { folder in
            let input = try folder.write(text.utf8, "sessions.jsonl")
            let outside = folder.path + "/out"
            var build = ReportBuild(sender: sender, day: day, today: today, includesUnfinished: includesUnfinished)
            try build.read(input)
            var writer = ReportWriter(folder: outside)
            try writer.open()
            try build.makeReports { try writer.write($0) }
            var output = writer.output(of: build)
            output.output = output.output.replacing(folder.path + "/", with: "")
            output.errors = output.errors.replacing(folder.path + "/", with: "")
            var reports: [TLSReport] = []
            ReportSources().read([outside]) { name, _ in
                Issue.record("\(name)")
            } report: { file in
                guard case .success(let reading) = file.result else {
                    Issue.record("\(file)")
                    return
                }
                #expect(reading.conforms, "\(reading.deviations)")
                #expect(ReportFileName(file.origin.split(separator: "/").last.map(String.init) ?? "") != nil)
                reports.append(reading.report)
            }
            return (output, reports)
        }
    }

    @Test func sessionsBecomeReports() async throws {
        let (output, reports) = try await build()
        #expect(output.exitCode == 0, "\(output)")
        #expect(output.output.contains("3 reports of 4 sessions"))
        #expect(
            reports.compactMap(\.reportID) == [
                "2026-01-01.example.com@sender.example", "2026-01-02.example.com@sender.example",
                "2026-01-01.other.example@sender.example",
            ]
        )
        let first = try #require(reports.first?.policies.first)
        #expect((first.summary.successfulSessions, first.summary.failedSessions) == (1, 1))
        #expect(first.policy.mxHosts == ["*.example.com"])
        #expect(first.failureDetails.first?.receivingIP == "2001:db8::1")
        #expect(reports[1].policies.first?.policy.domain == "mx.example.com")
    }

    @Test func oneDayAlone() async throws {
        let (output, reports) = try await build(SampleReports.day)
        #expect(reports.count == 2)
        #expect(output.output.contains("2 reports of 3 sessions"))
        let (none, _) = try await build(SampleReports.day.advanced(by: 9))
        #expect(none.exitCode == 2)
    }

    @Test(arguments: [
        ("x", "no JSON object"), ("[]", "no JSON object"), ("{}", "time is missing"),
        (#"{"time":"today","domain":"a.example","policy-type":"sts"}"#, "time is neither RFC 3339 nor a number"),
        (#"{"time":1,"domain":"a b","policy-type":"sts"}"#, "domain is no domain name"),
        (
            #"{"time":1,"domain":"a.example","policy-type":"x\u001b"}"#,
            "policy-type is none of sts, tlsa, no-policy-found"
        ),
        (#"{"time":1,"domain":"a.example","policy-type":"tlsa"}"#, "policy-domain is missing, the TLSA base domain"),
        (
            #"{"time":1,"domain":"a.example","policy-type":"sts","result-type":"x","receiving-ip":"x"}"#,
            "receiving-ip is no IP address"
        ),
        (
            #"{"time":"2026-02-30T00:00:00Z","domain":"a.example","policy-type":"sts"}"#,
            "time is neither RFC 3339 nor a number"
        ),
        (
            #"{"time":"2026-03-01T00:00:00Zjunk","domain":"a.example","policy-type":"sts"}"#,
            "time is neither RFC 3339 nor a number"
        ),
        (
            #"{"time":"0001-01-01T00:00:00Z","domain":"a.example","policy-type":"sts"}"#,
            "time is not in the years 1970 to 9999"
        ),
        (#"{"time":-1,"domain":"a.example","policy-type":"sts"}"#, "time is not in the years 1970 to 9999"),
        (#"{"time":99999999999999,"domain":"a.example","policy-type":"sts"}"#, "time is not in the years 1970 to 9999"),
        (#"{"time":1,"domain":7,"policy-type":"sts"}"#, "domain has a wrong type"),
    ])
    func aBadLineIsNamedAndTheOthersCounted(_ line: String, _ reason: String) async throws {
        let (output, reports) = try await build(nil, line + "\r\n" + Self.sessions)
        #expect(output.exitCode == 1)
        #expect(output.errors == "error: sessions.jsonl:1: \(reason)\n")
        #expect(reports.count == 3)
    }

    @Test func timesAreReadAsReportsAre() async throws {
        let times = ["2026-06-30T23:59:60Z", "2026-06-30t00:00:00z", "2026-07-01T01:00:00.5+02:00"]
        let lines = times.map { #"{"time":"\#($0)","domain":"a.example","policy-type":"no-policy-found"}"# }
        let (output, reports) = try await build(nil, lines.joined(separator: "\n"))
        #expect(output.exitCode == 0, "\(output)")
        #expect(reports.map(\.reportID) == ["2026-06-30.a.example@sender.example"])
        #expect(reports.first?.policies.first?.summary.successfulSessions == 3)
    }

    @Test func aDayThatIsNotOverIsLeftOut() async throws {
        let today = SampleReports.day.next
        let (output, reports) = try await build(nil, today: today)
        #expect(output.exitCode == 0)
        #expect(output.errors.hasPrefix("note: 2026-01-02 is not over (UTC) and left out"), "\(output)")
        #expect(output.output.contains("2 reports of 3 sessions"))
        #expect(reports.allSatisfy { $0.dateRange.start == SampleReports.day.start })
        let (none, _) = try await build(today, today: today)
        #expect(none.exitCode == 2)
        let (both, _) = try await build(nil, today: SampleReports.day)
        #expect(both.errors.hasPrefix("note: 2026-01-01 and 1 later day are not over"))
        let (all, _) = try await build(nil, today: today, includesUnfinished: true)
        #expect(all.output.contains("3 reports of 4 sessions"))
        #expect(all.errors.isEmpty)
    }

    @Test func anotherReportIsNotOverwritten() async throws {
        try await TemporaryFolder.with { folder in
            let input = try folder.write(Self.sessions.utf8, "sessions.jsonl")
            func write(_ instance: String) throws -> CommandOutput {
                let sender = try ReportSender(
                    organizationName: "X",
                    contactInfo: "a@sender.example",
                    instance: instance
                )
                var build = ReportBuild(sender: sender, day: SampleReports.day)
                try build.read(input)
                var writer = ReportWriter(folder: folder.path + "/out")
                try writer.open()
                try build.makeReports { try writer.write($0) }
                return writer.output(of: build)
            }
            #expect(try write("ab").exitCode == 0)
            #expect(try write("ab").exitCode == 0, "the same report-id")
            // A file name has no hyphen (RFC 8460 section 5.1).
            #expect(try write("a-b").errors.contains("no file name can be made"))
            let name = "sender.example!example.com!1767225600!1767311999!ab.json.gz"
            try folder.write(SampleReports.report(id: "another").json(), "out/\(name)")
            let output = try write("ab")
            #expect(output.exitCode == 1)
            #expect(output.errors == "error: \(name) is there and holds another report\n")
        }
    }

    @Test func sessionsOfAPolicyThatIsNotShownAreReportedAllTheSame() async throws {
        let line = #"{"time":1,"domain":"a.example","policy-type":"sts","result-type":"validation-failure"}"#
        let (output, reports) = try await build(nil, line)
        #expect(output.exitCode == 0)
        let entry = try #require(reports.first?.policies.first)
        #expect(entry.summary.failedSessions == 1)
        #expect(entry.failureDetails.map(\.failureReasonCode) == ["unspecified"])
    }

    @Test func aFolderOfTalliesGivesTheSameReports() async throws {
        let sender = try ReportSender(organizationName: "Example Org", contactInfo: "tls@sender.example")
        let domain = try DomainName(parsing: "example.com")
        try await TemporaryFolder.with { folder in
            let tallies = try TallyFolder(directory: folder.path + "/tally")
            let counter = SessionCounter(clock: SystemWallClock())
            for _ in 0..<3 {
                counter.count(.success, under: .noPolicyFound(domain), for: domain, at: SampleReports.day.start)
                try await tallies.flush(counter)
            }
            var build = ReportBuild(sender: sender, day: nil)
            var files: [ReportBuild.File] = []
            try await build.makeReports(of: tallies) { files.append($0) }
            #expect(files.map(\.name) == ["sender.example!example.com!1767225600!1767311999.json.gz"])
            #expect(files.first?.counts.ok == 3)
            #expect(build.sessions == 3)
            // What comes to light once the day was reported makes a second report, which is not the first.
            try await tallies.remove(SampleReports.day)
            counter.count(.success, under: .noPolicyFound(domain), for: domain, at: SampleReports.day.start)
            try await tallies.flush(counter)
            try await build.makeReports(of: tallies) { files.append($0) }
            #expect(files.last?.name == "sender.example!example.com!1767225600!1767311999!part2.json.gz")
            #expect(files.last?.reportID == "2026-01-01+2.example.com@sender.example")
        }
    }

    @Test func linesAreBounded() {
        var reader = LineReader(limit: 4)
        var lines: [String?] = []
        for piece in ["ab", "c\r\nd\n", "efghi", "j\n", "\nkl"] {
            reader.add(piece.utf8) { lines.append($0.map { String(decoding: $0, as: UTF8.self) }) }
        }
        reader.end { lines.append($0.map { String(decoding: $0, as: UTF8.self) }) }
        #expect(lines == ["abc", "d", nil, "", "kl"])
    }
}

struct ReportSendTests {
    /// Takes what is sent, and answers as told.
    private actor Receiver: HTTPReportTransport, MailReportTransport {
        private(set) var posts: [ReportPost] = []
        private(set) var mails: [ReportMail] = []
        private let status: Int
        private let failure: ReportTransportFailure?

        init(status: Int = 200, failure: ReportTransportFailure? = nil) {
            (self.status, self.failure) = (status, failure)
        }

        func post(_ post: ReportPost) async throws -> Int {
            posts.append(post)
            return status
        }

        func send(_ mail: ReportMail) async throws {
            mails.append(mail)
            if let failure { throw failure }
        }
    }

    private static func dns(_ records: String...) throws -> ScriptedDNS {
        let dns = ScriptedDNS()
        let name = try #require(try DomainName(parsing: "example.com").tlsReportingRecordName)
        dns.answer(.txt(records), at: name)
        return dns
    }

    private static let record = "v=TLSRPTv1; rua=mailto:reports@example.com,https://reports.example.com/v1"

    private func run(
        _ dns: ScriptedDNS,
        _ receiver: Receiver? = nil,
        _ report: TLSReport = SampleReports.report(),
        shows: Bool = false
    ) async throws -> (text: String, exitCode: Int32) {
        try await TemporaryFolder.with { folder in
            let file = try folder.write(report.json(), "report.json")
            let transports = receiver.map { ReportSend.Transports(https: $0, mail: $0) }
            var send = ReportSend(dns: dns, transports: transports)
            send.showsContent = shows
            send.now = SampleReports.day.next.start
            var text = ""
            let exitCode = await send.run([file], style: .plain) { text += $0 }
            return (text.replacing(folder.path + "/", with: ""), exitCode)
        }
    }

    @Test func aDryRunShowsAll() async throws {
        let (text, exitCode) = try await run(try Self.dns(Self.record), shows: true)
        #expect(exitCode == 0)
        // How many octets gzip makes of it is the zlib's affair.
        for line in [
            "example.com  report.json", "  mailto:reports@example.com: would get a mail of ",
            "  | From: \"Example Org\" <tls@sender.example>", "  | TLS-Report-Domain: example.com", "  |",
            "  | Content-Type: multipart/report; report-type=\"tlsrpt\";", "  | POST https://reports.example.com/v1",
            "  | Content-Type: application/tlsrpt+gzip",
        ] {
            #expect("\n\(text)".contains("\n\(line)"), "\(line) in \(text)")
        }
        for line in text.split(separator: "\n") { #expect(line.count <= 84, "\(line)") }
        #expect(text.contains("1 report: 1 would be sent"))
    }

    @Test func aDryRunRefusesWhatARealOneDoes() async throws {
        for host in ["127.0.0.1", "[::1]", "10.0.0.1:8443"] {
            let (text, exitCode) = try await run(try Self.dns("v=TLSRPTv1; rua=https://\(host)/v1"))
            #expect(text.contains("refused: ") && text.contains("is not a public address"), "\(text)")
            #expect(exitCode == 1)
        }
        let (text, exitCode) = try await run(try Self.dns("v=TLSRPTv1; rua=https://reports.example.com/v1"))
        #expect(text.contains("would get a POST"))
        #expect(exitCode == 0)
    }

    /// The path that is shown is cut.
    @Test func theFileNameTellsTheDomainAtAnyDepth() async throws {
        var report = SampleReports.report()
        report.policies[0].policy = .init(type: .tlsa, lines: ["3 1 1 00"], domain: "mx.example.com")
        let receiver = Receiver()
        let deep = String(repeating: String(repeating: "d", count: 60) + "/", count: 5)
        try await TemporaryFolder.with { folder in
            try folder.write(report.json(), deep + "sender.example!example.com!1767225600!1767311999.json")
            var text = ""
            let send = ReportSend(
                dns: try Self.dns(Self.record),
                transports: ReportSend.Transports(https: receiver, mail: receiver)
            )
            let exitCode = await send.run([folder.path], style: .plain) { text += $0 }
            #expect(exitCode == 0, "\(text)")
            #expect(text.hasPrefix("example.com  "))
        }
    }

    @Test func bothDestinationsGetIt() async throws {
        let receiver = Receiver()
        let (text, exitCode) = try await run(try Self.dns(Self.record), receiver)
        #expect(exitCode == 0)
        #expect(text.contains("mailto:reports@example.com: sent"))
        #expect(text.contains("https://reports.example.com/v1: sent"))
        let post = try #require(await receiver.posts.first)
        #expect(post.mediaType == "application/tlsrpt+gzip")
        #expect(post.body.starts(with: [0x1F, 0x8B]))
        let mail = try #require(await receiver.mails.first)
        #expect((mail.sender, mail.recipient) == ("tls@sender.example", "reports@example.com"))
    }

    @Test func oneDestinationIsEnough() async throws {
        let refusing = Receiver(status: 503)
        let (text, exitCode) = try await run(try Self.dns(Self.record), refusing)
        #expect(exitCode == 0)
        #expect(text.contains("failed, to be tried again: http-status-503"))
        let failing = Receiver(status: 413, failure: .permanent(reason: "no such user"))
        let (second, code) = try await run(try Self.dns(Self.record), failing)
        #expect(code == 1)
        #expect(second.contains("refused: no such user"))
        #expect(second.contains("1 report: 1 not sent"))
    }

    @Test(arguments: [
        ([], "there is no TXT record"), (["v=TLSRPTv1; rua=http://x.example/"], "has no usable URI"),
        (["v=TLSRPTv1; rua=mailto:a@b.example", "v=TLSRPTv1; rua=mailto:a@b.example"], "there must be one"),
        (["v=TLSRPTv1; x"], "is invalid"),
    ])
    func whoDoesNotAskGetsNothing(_ records: [String], _ reason: String) async throws {
        let dns = ScriptedDNS()
        let name = try #require(try DomainName(parsing: "example.com").tlsReportingRecordName)
        dns.answer(.txt(records), at: name)
        let receiver = Receiver()
        let (text, exitCode) = try await run(dns, receiver)
        #expect(text.contains("not asked for: "))
        #expect(text.replacing("\n    ", with: " ").contains(reason), "\(text)")
        #expect(exitCode == 0)
        #expect(await receiver.posts.isEmpty)
    }

    @Test func aFailedLookUpIsNoAnswer() async throws {
        let dns = ScriptedDNS()
        let name = try #require(try DomainName(parsing: "example.com").tlsReportingRecordName)
        dns.answer(.failure(DNSFailure(.serverFailure)), at: name)
        let (text, exitCode) = try await run(dns)
        #expect(exitCode == 2)
        #expect(text.contains("1 report: 1 unknown"))
    }

    @Test func aFaultyReportIsRefused() async throws {
        let receiver = Receiver()
        let report = SampleReports.report(contact: nil)
        let (text, exitCode) = try await run(try Self.dns(Self.record), receiver, report)
        #expect(exitCode == 1)
        #expect(text.contains("contact-info: missing"))
        #expect(await receiver.mails.isEmpty)
    }

    @Test func aReportThatCameByMailIsNotSentOn() async throws {
        try await TemporaryFolder.with { folder in
            let file = try folder.write(try SampleReports.mail(SampleReports.report()), "a.eml")
            var text = ""
            let send = ReportSend(dns: try Self.dns(Self.record), transports: nil)
            let exitCode = await send.run([file, folder.path + "/missing"], style: .plain) { text += $0 }
            #expect(exitCode == 1)
            #expect(text.contains("somebody else's report"))
            #expect(text.contains("it cannot be opened"))
            #expect(text.contains("2 reports: 2 not sent"))
        }
    }
}
