// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSTesting
import RequirementTrait
import Testing

struct TLSReporterTests {
    private static let first = "https://one.example.net/"
    private static let second = "https://two.example.net/"
    private static let pauses: [Int64] = [300, 600, 1_200, 2_400, 4_800, 9_600, 14_400, 14_400, 14_400, 14_400]

    @Test(.proves("R-TXTR-08"))
    func oneDestinationIsEnough() async throws {
        let world = try ReportingWorld()
        world.publish(Self.first, Self.second)
        world.reports.answer(.status(500), at: Self.first)
        world.reports.answer(.status(200), at: Self.second)
        let outcome = try await world.reporter().deliver(world.report(), about: world.domain)
        #expect(outcome == .sent(to: [.https(url: Self.second)]))
        #expect(world.reports.attempts == [Self.first, Self.second])
    }

    @Test(.proves("R-TXTR-08"), arguments: [true, false])
    func eachDestinationOrTheFirst(each: Bool) async throws {
        let world = try ReportingWorld()
        world.publish(Self.first, "mailto:r@example.com", Self.first)
        world.reports.answer(.status(200), at: Self.first)
        world.reports.answer(.status(250), at: "r@example.com")
        let reporter = world.reporter { $0.sendsToEachDestination = each }
        let outcome = try await reporter.deliver(world.report(), about: world.domain)
        let all: [TLSReportingRecord.Destination] = [.https(url: Self.first), .mailto(address: "r@example.com")]
        #expect(outcome == .sent(to: each ? all : [all[0]]))
        #expect(world.reports.attempts.count == (each ? 2 : 1))
    }

    @Test(.proves("R-TXTR-09"))
    func recordWithdrawnBeforeTheNextAttempt() async throws {
        let world = try ReportingWorld()
        world.publish(Self.first)
        world.reports.answer(.status(503), at: Self.first)
        let reporter = world.reporter()
        let task = Task { try await reporter.deliver(world.report(), about: world.domain) }
        await world.clock.waitForSleepers()
        let name = try #require(world.domain.tlsReportingRecordName)
        world.dns.answer(.noSuchName(), at: name)
        world.advance(seconds: 300)
        #expect(try await task.value == .notAsked(reason: "there is no _smtp._tls TXT record"))
        #expect(world.reports.attempts.count == 1)
        #expect(world.dns.queryCount(at: name) == 2)
    }

    @Test(
        .proves("R-TXTR-09"),
        arguments: [
            ScriptedDNS.Answer.noSuchName(), .noData(), .txt(["v=spf1 -all"]), .txt(["v=TLSRPTv1; x=y"]),
            .txt(["v=TLSRPTv1;rua=https://one.example.net/", "v=TLSRPTv1;rua=https://two.example.net/"]),
        ]
    )
    func nothingIsSentUnasked(answer: ScriptedDNS.Answer) async throws {
        let world = try ReportingWorld()
        world.dns.answer(answer, at: try #require(world.domain.tlsReportingRecordName))
        let outcome = try await world.reporter().deliver(world.report(), about: world.domain)
        guard case .notAsked = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(world.reports.attempts.isEmpty)
    }

    @Test func troubleWithDNSIsRetried() async throws {
        let world = try ReportingWorld()
        let name = try #require(world.domain.tlsReportingRecordName)
        world.dns.answerOnce(.failure(DNSFailure(.timeout)), at: name)
        world.publish(Self.first)
        world.reports.answer(.status(200), at: Self.first)
        let reporter = world.reporter()
        let task = Task { try await reporter.deliver(world.report(), about: world.domain) }
        await world.clock.waitForSleepers()
        #expect(world.reports.attempts.isEmpty)
        world.advance(seconds: 300)
        #expect(try await task.value == .sent(to: [.https(url: Self.first)]))
    }

    @Test(.proves("R-SEND-16"), arguments: [200, 201, 202, 204, 299])
    func successes(status: Int) async throws {
        let world = try ReportingWorld()
        world.publish(Self.first)
        world.reports.answer(.status(status), at: Self.first)
        let outcome = try await world.reporter().deliver(world.report(), about: world.domain)
        #expect(outcome == .sent(to: [.https(url: Self.first)]))
    }

    @Test(.proves("R-SEND-16"), arguments: [300, 301, 302, 307, 308, 399, 413])
    func refusals(status: Int) async throws {
        let world = try ReportingWorld()
        world.publish(Self.first)
        world.reports.answer(.status(status), at: Self.first)
        guard case .gaveUp(let failures) = try await world.reporter().deliver(world.report(), about: world.domain)
        else {
            Issue.record("not given up")
            return
        }
        #expect(failures.map(\.destination) == [.https(url: Self.first)])
        #expect(failures.first?.reason.hasPrefix("http-status-\(status)") == true)
        #expect(world.reports.attempts.count == 1)
    }

    @Test(.proves("R-SEND-16"), arguments: [100, 199, 400, 404, 429, 500, 502, 503, 599, 999, -1])
    func otherAnswersAreRetried(status: Int) async throws {
        let world = try ReportingWorld()
        world.publish(Self.first)
        world.reports.answerOnce(.status(status), at: Self.first)
        world.reports.answer(.status(200), at: Self.first)
        let reporter = world.reporter()
        let task = Task { try await reporter.deliver(world.report(), about: world.domain) }
        await world.clock.waitForSleepers()
        world.advance(seconds: 300)
        #expect(try await task.value == .sent(to: [.https(url: Self.first)]))
        // The same report, octet by octet.
        #expect(world.reports.posts.count == 2 && world.reports.posts[0] == world.reports.posts[1])
    }

    @Test(.proves("R-SEND-17"))
    func retriesEndAfterADay() async throws {
        let world = try ReportingWorld()
        world.publish(Self.first)
        world.reports.answer(.status(500), at: Self.first)
        let start = world.clock.now
        let reporter = world.reporter()
        let task = Task { try await reporter.deliver(world.report(), about: world.domain) }
        await world.passPauses(Self.pauses, attemptsAt: Self.first)
        let failure = ReportFailure(destination: .https(url: Self.first), reason: "http-status-500")
        #expect(try await task.value == .gaveUp([failure]))
        #expect(world.reports.attempts.count == Self.pauses.count + 1)
        let elapsed = world.clock.now.duration(since: start)
        #expect(elapsed <= .seconds(86_400) && elapsed > .seconds(72_000))
    }

    @Test func destinationThatRefusesIsNotTriedAgain() async throws {
        let world = try ReportingWorld()
        world.publish(Self.first, Self.second)
        world.reports.answer(.status(413), at: Self.first)
        world.reports.answerOnce(.status(500), at: Self.second)
        world.reports.answer(.status(200), at: Self.second)
        let reporter = world.reporter()
        let task = Task { try await reporter.deliver(world.report(), about: world.domain) }
        await world.clock.waitForSleepers()
        world.advance(seconds: 300)
        #expect(try await task.value == .sent(to: [.https(url: Self.second)]))
        #expect(world.reports.attempts == [Self.first, Self.second, Self.second])
    }

    @Test(.proves("R-SEND-22"))
    func privateAddressIsGivenUpAtOnce() async throws {
        let world = try ReportingWorld()
        world.publish("https://127.0.0.1/")
        let refusal = ReportTransportFailure.permanent(reason: "127.0.0.1 has no public address")
        world.reports.answer(.failure(refusal), at: "https://127.0.0.1/")
        let outcome = try await world.reporter().deliver(world.report(), about: world.domain)
        let failure = ReportFailure(
            destination: .https(url: "https://127.0.0.1/"),
            reason: "127.0.0.1 has no public address"
        )
        #expect(outcome == .gaveUp([failure]))
    }

    /// Our own mail server would take these for itself or its neighbours.
    @Test(
        .proves("R-SEND-22"),
        arguments: [
            ("root@localhost", false), ("r@intern", false), ("r@intern.", false), ("%22%7C/bin/sh%22@localhost", false),
            ("r@%5B127.0.0.1%5D", false), ("r@%5BIPv6:::1%5D", false), ("r@%5B10.1.2.3%5D", false),
            ("r@%5Btag:x%5D", false), ("r@%5B198.41.0.4%5D", true), ("r@reports.example", true),
        ]
    )
    func mailboxesWithinOurOwnNetwork(address: String, isTaken: Bool) async throws {
        let world = try ReportingWorld()
        world.publish("mailto:\(address)")
        let decoded = try #require(address.removingPercentEncoding)
        let destination = decoded.hasSuffix(".") ? String(decoded.dropLast()) : decoded
        world.reports.answer(.status(200), at: destination)
        let outcome = try await world.reporter().deliver(world.report(), about: world.domain)
        if isTaken {
            #expect(outcome == .sent(to: [.mailto(address: destination)]))
        } else {
            let isGivenUp = if case .gaveUp = outcome { true } else { false }
            #expect(isGivenUp, "\(outcome)")
            #expect(world.reports.attempts.isEmpty)
        }
    }

    @Test func crowdIsNotWrittenTo() async throws {
        let world = try ReportingWorld()
        let uris = (0..<40).map { "https://r\($0).example.net/" }
        world.dns.publishReportingRecord("v=TLSRPTv1;rua=\(uris.joined(separator: ","))", for: world.domain)
        for uri in uris { world.reports.answer(.status(200), at: uri) }
        _ = try await world.reporter().deliver(world.report(), about: world.domain)
        #expect(world.reports.attempts == Array(uris.prefix(8)))
    }

    @Test func destinationsWithoutATransportAreLeftOut() async throws {
        let world = try ReportingWorld()
        world.publish("mailto:r@example.com", Self.first)
        world.reports.answer(.status(200), at: Self.first)
        let withoutMail = world.reporter { $0.mail = nil }
        #expect(
            try await withoutMail.deliver(world.report(), about: world.domain) == .sent(to: [.https(url: Self.first)])
        )
        let withNothing = world.reporter { configuration in
            configuration.mail = nil
            configuration.https = nil
        }
        #expect(try await withNothing.deliver(world.report(), about: world.domain) == .noUsableDestination)
    }

    @Test func unfitReportIsNotSent() async throws {
        let world = try ReportingWorld()
        world.publish(Self.first)
        var report = world.report()
        report.contactInfo = nil
        guard case .unsendable = try await world.reporter().deliver(report, about: world.domain) else {
            Issue.record("it was sent")
            return
        }
        #expect(world.dns.queries.isEmpty && world.reports.attempts.isEmpty)
    }

    @Test(.proves("R-SEND-14"), arguments: [true, false])
    func postBearsItsMediaType(isCompressed: Bool) async throws {
        let world = try ReportingWorld()
        world.publish(Self.first)
        world.reports.answer(.status(200), at: Self.first)
        let reporter = world.reporter { if isCompressed { $0.compression = FakeCompression(fails: false) } }
        _ = try await reporter.deliver(world.report(), about: world.domain)
        let post = try #require(world.reports.posts.first)
        #expect(post.mediaType == (isCompressed ? "application/tlsrpt+gzip" : "application/tlsrpt+json"))
        let json = world.report().json()
        #expect(post.body == (isCompressed ? [0x1F, 0x8B] + json.reversed() : json))
        #expect(post.deadline == .seconds(60))
    }

    @Test func failedCompressionLeavesJSON() async throws {
        let world = try ReportingWorld()
        world.publish(Self.first)
        world.reports.answer(.status(200), at: Self.first)
        let reporter = world.reporter { $0.compression = FakeCompression(fails: true) }
        _ = try await reporter.deliver(world.report(), about: world.domain)
        #expect(world.reports.posts.first?.mediaType == "application/tlsrpt+json")
    }

    @Test(.proves("R-SEND-13", "R-SEND-04"))
    func mailSaysThatTLSIsNotRequired() async throws {
        let world = try ReportingWorld()
        world.publish("mailto:r%2Cs@example.com?subject=x%0D%0ABcc:y")
        world.reports.answer(.status(250), at: "\"r,s\"@example.com")
        let outcome = try await world.reporter().deliver(world.report(), about: world.domain)
        #expect(outcome == .sent(to: [.mailto(address: "\"r,s\"@example.com")]))
        let mail = try #require(world.reports.mails.first)
        #expect(mail.sender == "tls-reports@sender.example" && mail.recipient == "\"r,s\"@example.com")
        let header = String(decoding: mail.message, as: UTF8.self).split(separator: "\r\n\r\n")[0].lowercased()
        let lines = header.split(separator: "\r\n")
        #expect(lines.contains("tls-required: no"))
        #expect(lines.contains("tls-report-domain: example.com"))
        #expect(lines.contains("tls-report-submitter: sender.example"))
        #expect(!lines.contains { $0.hasPrefix("bcc") })
    }

    /// The session that carries a report goes on whatever the policy says; that is for the mail server to ask for.
    @Test(
        .proves("R-SEND-11"),
        arguments: [
            TLSObservation.established(.expired), .established(.hostMismatch), .startTLSNotOffered(),
            .establishedBelowTLS12,
        ]
    )
    func reportIsDeliveredDespiteThePolicy(tls: TLSObservation) {
        let decision = DecisionTable.decision(
            policy: .policy(.enforce),
            nameMatches: false,
            tls: tls,
            dane: .mismatched(.other(reason: "r")),
            options: DecisionOptions(tlsRequiredNo: true)
        )
        #expect(decision.action == .proceed(.opportunistic))
    }

    @Test(.proves("R-SEND-06")) func signerThatFailsIsAskedAgain() async throws {
        let world = try ReportingWorld()
        world.publish("mailto:r@example.com")
        world.reports.answer(.status(250), at: "r@example.com")
        let reporter = world.reporter { configuration in
            configuration.mail = TLSReporter.Mail(transport: world.reports, signing: .signed(by: NoSigner()))
        }
        let task = Task { try await reporter.deliver(world.report(), about: world.domain) }
        await world.clock.waitForSleepers()
        // Nothing unsigned has left.
        #expect(world.reports.mails.isEmpty)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func cancellationWhileAnAttemptIsUnderWay() async throws {
        let world = try ReportingWorld()
        world.publish(Self.first)
        world.reports.hold(Self.first)
        let reporter = world.reporter()
        let task = Task { try await reporter.deliver(world.report(), about: world.domain) }
        await world.reports.waitForAttempts(1, at: Self.first)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        // The destination is free for the next one.
        world.reports.release(Self.first)
        world.reports.answer(.status(200), at: Self.first)
        #expect(
            try await reporter.deliver(world.report(), about: world.domain) == .sent(to: [.https(url: Self.first)])
        )
    }
}

/// Stands in for gzip: turns the octets round behind gzip's magic number.
private struct FakeCompression: ReportCompression {
    let fails: Bool

    func gzip(_ octets: [UInt8]) throws(CompressionFailure) -> [UInt8] {
        if fails { throw .damaged(reason: "no memory") }
        return [0x1F, 0x8B] + octets.reversed()
    }

    func gunzip(_ octets: [UInt8], limit: Int) throws(CompressionFailure) -> [UInt8] { octets }

    func unzip(_ octets: [UInt8], limit: Int) throws(CompressionFailure) -> [ArchiveFile] { [] }
}

private struct NoSigner: ReportSigner {
    struct Failure: Error {}

    func signature(of message: [UInt8]) async throws -> [UInt8] { throw Failure() }
}
