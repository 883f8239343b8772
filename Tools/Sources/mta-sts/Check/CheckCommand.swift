// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MTASTS
import MTASTSSystemDNS

/// `mta-sts check`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check what domains publish: record, policy, certificate and MX hosts.",
        discussion: """
            Each finding says what to do. MX hosts are held against the policy by name; they are not connected to.

            Exit codes: 0 fine, at most notes; 1 warnings or errors; 2 something could not be found out, such as \
            when DNS does not answer. Of several domains the highest code counts.
            """
    )

    @Argument(help: "The domains, as they stand after the @ of mail addresses; U-labels are converted.")
    var domains: [String]

    @Option(help: ArgumentHelp("The DNS server to ask, by address; the system's otherwise.", valueName: "host:port"))
    var dns: String?

    @Option(help: ArgumentHelp("Trust only the certificates in this PEM file.", valueName: "file"))
    var ca: String?

    @Option(
        help: ArgumentHelp(
            "Connect here instead of to the policy host's addresses; its name is asked for all the same.",
            valueName: "host:port"
        )
    )
    var connect: String?

    @Flag(help: "Connect to policy hosts at private, loopback and other addresses that are not public.")
    var allowPrivateAddresses = false

    @Option(help: ArgumentHelp("Seconds for one HTTPS exchange.", valueName: "seconds"))
    var timeout = 20

    @Option(help: ArgumentHelp("Domains checked at once.", valueName: "number"))
    var parallel = 16

    @Flag(help: "Print one JSON object per domain, a line each.")
    var json = false

    func validate() throws {
        guard !domains.isEmpty else { throw ValidationError("Name at least one domain.") }
        guard (1...600).contains(timeout) else { throw ValidationError("--timeout is 1 to 600 seconds.") }
        guard (1...256).contains(parallel) else { throw ValidationError("--parallel is 1 to 256.") }
        _ = try server
        _ = try target
    }

    private var server: SystemDNS.Server? { get throws { try HostAndPort.server(ofOption: dns) } }

    private var target: HostAndPort? { get throws { try HostAndPort.target(ofOption: connect) } }

    func run() async throws {
        let network: LiveNetwork
        do {
            network = try LiveNetwork(
                dns: SystemDNS(server: try server, maximumConcurrentQueries: min(64, parallel * 2)),
                trustedFile: ca,
                target: try target,
                allowsPrivateAddresses: allowPrivateAddresses,
                timeout: timeout
            )
        } catch {
            return try CommandOutput.failure("cannot use the certificates of --ca: \(error)").finish()
        }
        let check = DomainCheck(network: network, now: SystemWallClock().now, deadline: .seconds(timeout))
        let style = Style.standardOutput
        let progress = ProgressLine(total: domains.count)
        var isFirst = true
        let exitCode = await CheckRun(check: check, parallel: parallel).run(domains) { report in
            progress.clear()
            let text = json ? report.json : (isFirst ? "" : "\n") + report.text(style: style)
            isFirst = false
            Terminal.write(text, to: .output)
        } progress: { done in
            progress.show(done)
        }
        progress.clear()
        try CommandOutput(exitCode: exitCode).finish()
    }
}

/// How far the work is, on one line of standard error that is overwritten; nothing if that is no terminal.
struct ProgressLine {
    let total: Int
    private let isShown: Bool

    init(total: Int) {
        self.total = total
        isShown = total > 1 && Terminal.Stream.error.isTerminal
    }

    func show(_ done: Int) {
        if isShown { Terminal.write("\rchecked \(done) of \(total)", to: .error) }
    }

    func clear() {
        if isShown { Terminal.write("\r\u{1B}[K", to: .error) }
    }
}
