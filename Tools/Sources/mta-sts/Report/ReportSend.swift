// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSZLIB

/// Sends report files to whom the domains name for them, once each, or says what would be sent.
struct ReportSend: Sendable {
    /// What came of one destination.
    enum Result: Equatable, Sendable {
        case planned(String)
        case sent
        case failed(String)
        case refused(String)
    }

    /// What came of one report.
    enum Outcome: Equatable, Sendable {
        /// What came of each destination; there is at least one.
        case destinations([Attempt])
        /// The domain asks for no reports.
        case notAsked(String)
        /// The report must not be sent.
        case refused(String)
        /// The record could not be looked up.
        case unknown(String)
    }

    /// One destination.
    struct Attempt: Equatable, Sendable {
        let destination: String
        let result: Result
        /// What is sent, for people; empty unless that was asked for.
        let content: String
    }

    /// The most destinations of a record that are written to.
    static let maximumDestinations = 8

    let dns: any DNSTransport
    /// The ways out; with nil nothing is sent.
    let transports: Transports?
    /// The domain that all reports are about, if the user says so.
    var domain: DomainName?
    /// Whether what is sent is shown.
    var showsContent = false
    var now = SystemWallClock().now
    var deadline = Duration.seconds(60)
    /// What the plan of a dry run goes by: the addresses that may be connected to, and those of a host.
    var gate = ConnectionGate()
    var addresses: @Sendable (String) -> [IPAddress] = { IPAddress($0).map { [$0] } ?? [] }

    /// The ways out.
    struct Transports: Sendable {
        let https: any HTTPReportTransport
        let mail: any MailReportTransport
    }

    /// Sends one report.
    ///
    /// - Returns: The domain that it is about, nil if nobody can tell, and what came of it.
    func send(_ report: TLSReport, name: ReportFileName?) async -> (domain: DomainName?, outcome: Outcome) {
        let about = domain ?? name?.policyDomain ?? report.policyDomain()
        guard let about else {
            return (nil, .refused("no policy domain, or several: say by --domain who is to get it"))
        }
        let prepared: PreparedReport
        do throws(PreparedReport.Fault) {
            prepared = try PreparedReport(
                report,
                about: about,
                compression: ZLIBCompression(),
                date: now,
                unique: name?.unique
            )
        } catch {
            return (about, .refused("\(error)"))
        }
        switch await lookUp(about) {
        case .failure(let stop):
            return (about, stop.outcome)
        case .success(let destinations):
            var attempts: [Attempt] = []
            for destination in destinations.prefix(Self.maximumDestinations) {
                switch destination {
                case .https(let url): attempts.append(await post(prepared, to: url))
                case .mailto(let address): attempts.append(await mail(prepared, to: address))
                }
            }
            return (about, .destinations(attempts))
        }
    }

    private struct Stop: Error {
        let outcome: Outcome
    }

    private func lookUp(
        _ domain: DomainName
    ) async -> Swift.Result<[TLSReportingRecord.Destination], Stop> {
        func stop(_ outcome: Outcome) -> Swift.Result<[TLSReportingRecord.Destination], Stop> {
            .failure(Stop(outcome: outcome))
        }
        guard let name = domain.tlsReportingRecordName else { return stop(.notAsked("the name is too long")) }
        let records: [[[UInt8]]]
        do {
            records = try await dns.txtRecords(at: name).records.map(\.strings)
        } catch {
            return stop(.unknown("\(name): \(error)"))
        }
        switch TLSReportingRecord.select(from: records) {
        case .absent: return stop(.notAsked("there is no TXT record at \(name)"))
        case .several(let count): return stop(.notAsked("there are \(count) records at \(name), and there must be one"))
        case .malformed(let error): return stop(.notAsked("the record at \(name) is invalid: \(error)"))
        case .record(let record):
            var seen: Set<TLSReportingRecord.Destination> = []
            let destinations = record.destinations.filter { seen.insert($0).inserted }
            guard !destinations.isEmpty else { return stop(.notAsked("the record at \(name) has no usable URI")) }
            return .success(destinations)
        }
    }

    private func post(_ report: PreparedReport, to url: String) async -> Attempt {
        let post = report.post(to: url, deadline: deadline)
        let size = counted(post.body.count, "octet")
        let content = """
            POST \(url)
            Content-Type: \(post.mediaType)
            Content-Length: \(post.body.count)

            (\(size) of gzip)
            """
        func attempt(_ result: Result) -> Attempt {
            Attempt(destination: url, result: result, content: showsContent ? content : "")
        }
        guard let transports else {
            if let address = refusedAddress(of: url) { return attempt(.refused("\(address) is not a public address")) }
            return attempt(.planned("a POST of \(size), \(post.mediaType)"))
        }
        do {
            switch ReportAnswer(status: try await transports.https.post(post)) {
            case .accepted: return attempt(.sent)
            case .retry(let reason): return attempt(.failed(reason))
            case .refused(let reason): return attempt(.refused(reason))
            }
        } catch {
            return attempt(Self.result(of: error))
        }
    }

    /// The address of a URL's host that the transport would refuse; nil if it would connect.
    private func refusedAddress(of url: String) -> IPAddress? {
        guard let host = URL(string: url)?.host() else { return nil }
        return addresses(host.trimmingCharacters(in: ["[", "]"])).first { !gate.allows($0) }
    }

    private func mail(_ report: PreparedReport, to address: String) async -> Attempt {
        let destination = "mailto:\(address)"
        let message: ReportMessage
        do throws(ReportMessage.Fault) {
            message = try report.message(to: address, from: nil)
        } catch {
            return Attempt(destination: destination, result: .refused("\(error)"), content: "")
        }
        func attempt(_ result: Result) -> Attempt {
            let content = showsContent ? String(decoding: message.octets, as: UTF8.self) : ""
            return Attempt(destination: destination, result: result, content: content)
        }
        guard let transports else {
            return attempt(.planned("a mail of \(counted(message.octets.count, "octet")) from \(message.sender)"))
        }
        do {
            try await transports.mail.send(try await message.mail(signing: .signedByServer))
            return attempt(.sent)
        } catch {
            return attempt(Self.result(of: error))
        }
    }

    private static func result(of error: any Error) -> Result {
        switch error {
        case ReportTransportFailure.permanent(let reason): .refused(reason)
        case ReportTransportFailure.temporary(let reason): .failed(reason)
        default: .failed("\(error)")
        }
    }
}
