// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MTASTS
import MTASTSAsyncHTTPClient
import MTASTSSystemDNS
import NIOSSL
import SMTPClient

/// `mta-sts report send`.
struct ReportSendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send report files to whom the domains' _smtp._tls records name, or say what would be sent.",
        discussion: """
            Each report is sent once to each destination: by HTTPS, or by mail through the server of --smtp, which must \
            sign it by DKIM for the domain of contact-info (RFC 8460 section 3). Run it again for what failed.

            Exit codes: 0 sent, or not asked for; 1 a report was not sent; 2 a record could not be looked up, or there \
            was no report.

            Examples:
              mta-sts report send --dry-run --show reports/
              mta-sts report send --smtp mail.example.com:25 reports/
            """
    )

    @Argument(help: "Report files and folders.", completion: .file())
    var files: [String]

    @Flag(help: "Send nothing; say what would be sent.")
    var dryRun = false

    @Flag(help: "Print what is sent: the whole mail, or the head of the request.")
    var show = false

    @Option(
        help: ArgumentHelp("The domain that the reports are about; by default that of the file name or the report.")
    )
    var domain: String?

    @Option(help: ArgumentHelp("The DNS server to ask, by address; the system's otherwise.", valueName: "host:port"))
    var dns: String?

    @Option(help: ArgumentHelp("The mail server.", valueName: "host:port"))
    var smtp = "localhost:25"

    @Option(
        help: ArgumentHelp("Insist on TLS with a certificate for this name from the mail server.", valueName: "name")
    )
    var smtpName: String?

    @Option(help: ArgumentHelp("This host's name, for the mail server.", valueName: "name"))
    var ehlo = "localhost"

    @Option(help: ArgumentHelp("Trust only the certificates in this PEM file.", valueName: "file"))
    var ca: String?

    @Option(
        help: ArgumentHelp(
            "Post here instead of to the receivers' addresses; their names are asked for all the same.",
            valueName: "host:port"
        )
    )
    var connect: String?

    @Flag(help: "Post to private, loopback and other addresses that are not public.")
    var allowPrivateAddresses = false

    @Option(help: ArgumentHelp("Seconds for one destination.", valueName: "seconds"))
    var timeout = 60

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("Name at least one file or folder.") }
        guard (1...3_600).contains(timeout) else { throw ValidationError("--timeout is 1 to 3600 seconds.") }
        _ = try (
            server, mailServer, target, smtpName.map(ReportSourceOptions.name), domain.map(ReportSourceOptions.name)
        )
    }

    private var server: SystemDNS.Server? { get throws { try HostAndPort.server(ofOption: dns) } }

    private var mailServer: HostAndPort {
        get throws {
            guard let place = HostAndPort(smtp, defaultPort: 25) else {
                throw ValidationError("--smtp takes a host and a port, such as localhost:25 or [::1]:587.")
            }
            return place
        }
    }

    private var target: HostAndPort? { get throws { try HostAndPort.target(ofOption: connect) } }

    private var gate: ConnectionGate {
        get throws { try ConnectionGate(refusesNonPublicAddresses: !allowPrivateAddresses && target == nil) }
    }

    private var transports: ReportSend.Transports {
        get throws {
            var options = AsyncHTTPClientTransport.Options()
            options.trustRoots = ca.map { .pemFiles([$0]) } ?? .system
            let target = try target
            options.endpoints = EndpointOverride(others: target.map { .init(host: $0.host, port: $0.port) })
            options.gate = try gate
            let limit = Duration.seconds(timeout)
            let client = try SMTPClient(
                SMTPClient.Configuration(
                    name: ehlo,
                    trustRoots: ca.map { .file($0) } ?? .default,
                    timeouts: SMTPTimeouts(each: limit, total: limit)
                )
            )
            let place = try mailServer
            return ReportSend.Transports(
                https: try AsyncHTTPClientTransport(options),
                mail: SMTPReportTransport(
                    client: client,
                    host: place.host,
                    port: Int(place.port),
                    security: try smtpName.map { .required(try ReportSourceOptions.name($0)) } ?? .opportunistic
                )
            )
        }
    }

    func run() async throws {
        var send: ReportSend
        do {
            send = ReportSend(dns: SystemDNS(server: try server), transports: dryRun ? nil : try transports)
        } catch {
            return try CommandOutput.failure("cannot send: \(error)").finish()
        }
        send.gate = try gate
        send.addresses = { host in HostAndPort(host, defaultPort: 443)?.resolvedAddress.map { [$0] } ?? [] }
        send.domain = try domain.map(ReportSourceOptions.name)
        send.showsContent = show
        send.deadline = .seconds(timeout)
        let exitCode = await send.run(files, style: .standardOutput) { Terminal.write($0, to: .output) }
        try CommandOutput(exitCode: exitCode).finish()
    }
}

extension ReportSend {
    /// Sends the reports of files, one after the other, and prints what comes of each.
    ///
    /// - Returns: The exit code.
    func run(_ files: [String], style: Style, print: (String) -> Void) async -> Int32 {
        var log = ReportSendLog()
        for path in files.flatMap(ReportSources.files) {
            for file in Self.reports(at: path) {
                guard let report = file.report else {
                    print(log.addUnreadable(file.origin, reason: file.reason))
                    continue
                }
                let (domain, outcome) = await send(report, name: file.name)
                print(log.add(file.origin, domain, outcome, style: style))
            }
        }
        print(log.summary)
        return log.exitCode
    }

    private struct Found {
        let origin: String
        var report: TLSReport?
        var name: ReportFileName?
        var reason = ""
    }

    /// The reports in a file, or why there is none.
    private static func reports(at path: String) -> [Found] {
        var found: [Found] = []
        ReportSources().read([path]) { origin, reason in
            found.append(Found(origin: origin, reason: reason))
        } report: { file in
            switch file.result {
            case .failure(let error): found.append(Found(origin: file.origin, reason: "\(error)"))
            case .success where file.mail != nil:
                let reason = "it came by mail, so that it is somebody else's report"
                found.append(Found(origin: file.origin, reason: reason))
            case .success(let reading):
                found.append(Found(origin: file.origin, report: reading.report, name: file.fileName))
            }
        }
        return found
    }
}
