// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSTesting

/// The story that `mta-sts demo` tells. Its text is the same on every run.
struct DemoStory {
    private let world: DemoWorld
    private var lines: [String] = []
    private var counts = DemoCounts()

    init() throws { world = try DemoWorld() }

    /// Plays the story and gives its text.
    func told() async throws -> String {
        var story = self
        story.publication()
        let events = try await story.play()
        story.report()
        await story.operatorsView(events)
        story.end()
        return story.lines.joined(separator: "\n") + "\n"
    }

    /// The part in which a sender works; it ends with the sender, so that its events have an end too.
    private mutating func play() async throws -> AsyncStream<PolicyEvent> {
        let resolver = world.makeResolver()
        try await firstMessage(resolver)
        try await enforce(resolver)
        try await testing(resolver)
        try await brokenWebServer(resolver)
        return resolver.events
    }

    private mutating func heading(_ text: String) { lines += ["", text] }
    private mutating func row(_ name: String, _ text: String) { lines.append("   " + name.padded(to: 16) + text) }

    private mutating func publication() {
        lines = [
            "MTA-STS (RFC 8461): a domain tells senders to use TLS, and how to check it.",
            "All of this is played by the library on scripted DNS, HTTPS and clocks.",
        ]
        heading("1. example.com publishes a record in DNS and a policy on the web")
        row("TXT record", "_mta-sts.example.com  \"\(world.record("1"))\"")
        row("policy file", "https://mta-sts.example.com\(PolicyRequest.path)")
        for line in world.policyText(.enforce).split(separator: "\n") { row("", "| \(line)") }
    }

    private mutating func firstMessage(_ resolver: PolicyResolver) async throws {
        heading("2. A sender has mail for anna@example.com")
        world.publish(.enforce, id: "1")
        let resolution = try await resolve(resolver)
        row("DNS query", "one record, id \(id(of: resolution)): there is a policy")
        row("HTTPS GET", "status 200, text/plain, the certificate names the policy host")
        row("policy", summary(of: resolution))
        _ = try await resolve(resolver)
        row("next message", "from the cache: still \(questions)")
    }

    private mutating func enforce(_ resolver: PolicyResolver) async throws {
        heading("3. It takes the MX hosts in order, by mode enforce")
        try walk(try await resolve(resolver))
        lines.append("   A skipped host sees no mail. Had all four been skipped, the mail would wait.")
    }

    private mutating func testing(_ resolver: PolicyResolver) async throws {
        heading("4. The owner publishes mode testing under id 2")
        world.publish(.testing, id: "2")
        world.clock.advance(by: .seconds(3_600))
        let resolution = try await resolve(resolver)
        row("an hour later", "the record has id \(id(of: resolution)): policy fetched, mode testing")
        row("each MX host", "what is done if the message comes to it")
        try walk(resolution)
        lines.append("   Nothing is held back, and the owner learns of it all by the reports.")
    }

    private mutating func brokenWebServer(_ resolver: PolicyResolver) async throws {
        heading("5. Mode enforce again under id 3; then the web server breaks")
        world.publish(.enforce, id: "3")
        world.clock.advance(by: .seconds(3_600))
        row("day 0", summary(of: try await resolve(resolver)))
        let loop = Task { [resolver] in await resolver.run() }
        await world.clock.waitForSleepers()
        world.http.answer(.failure(.connection(reason: "refused")), at: world.policyHost)
        for (hours, day) in [(24, 1), (120, 6)] as [(Int64, Int)] {
            await world.pass(hours: hours)
            let resolution = try await resolve(resolver)
            let kept = resolution.effectiveMode.map { "mode \($0.rawValue) stays" } ?? "no policy"
            let left = await resolver.explain(world.domain).daysLeft
            row("day \(day)", "refresh failed, \(kept), \(counted(left, "day")) left")
        }
        let host = try world.hosts()[2]
        let decision = try await resolve(resolver).decision(forMX: host.name, tls: host.tls)
        count(decision)
        row("", "\(host.name), expired: \(text(decision, host))")
        world.publish(.enforce, id: "3")
        await world.pass(hours: 6)
        let left = await resolver.explain(world.domain).daysLeft
        row("6 hours later", "the web server is back: refreshed, \(counted(left, "day")) left")
        lines.append("   A policy ends by its own max_age or a newer policy, never by a failure.")
        loop.cancel()
        await loop.value
    }

    private mutating func report() {
        heading("6. What the TLS report (RFC 8460) to the owner would count")
        for (name, number) in counts.entries { lines.append("   \(name.padded(to: 52)) \(number)") }
    }

    private mutating func operatorsView(_ events: AsyncStream<PolicyEvent>) async {
        heading("7. What the sender's operator was told meanwhile")
        for await event in events {
            switch event {
            case .fetched(_, let policy, _): row("fetched", "mode \(policy.policy.mode.rawValue)")
            case .downgradeSigns(_, let signs):
                row("downgrade?", signs.map(\.words).joined(separator: "; ") + ": meant, or an attack?")
            case .refreshFailed(_, let failure, _): row("refresh failed", "\(failure)")
            case .lapsing(_, let days):
                row("lapsing", "the policy ends in \(counted(days, "day")) if no refresh succeeds")
            default: row("other", "\(event)")
            }
        }
    }

    private mutating func end() {
        heading("Next: mta-sts check DOMAIN, mta-sts generate, mta-sts --help")
        lines.append("(in this folder: swift run --package-path Tools mta-sts check DOMAIN)")
    }
}

extension DemoStory {
    private mutating func resolve(_ resolver: PolicyResolver) async throws -> PolicyResolution {
        let resolution = try await resolver.resolve(.domain(world.domain))
        for finding in resolution.discoveryFindings { counts.add(finding) }
        return resolution
    }

    /// Tries each MX host as a sender does that is never content, to show all decisions.
    private mutating func walk(_ resolution: PolicyResolution) throws {
        for (number, host) in try world.hosts().enumerated() {
            var decision = resolution.decision(forMX: host.name, tls: .notAttempted)
            var seen = "not even connected"
            if case .proceed = decision.action {
                decision = resolution.decision(forMX: host.name, tls: host.tls)
                seen = host.seen
            }
            count(decision)
            let preference = "\((number + 1) * 10)".padded(to: 4)
            let name = host.name.description.padded(to: 20)
            lines.append("   \(preference)\(name)\(seen.padded(to: 26))\(text(decision, host))")
        }
    }

    private mutating func count(_ decision: DeliveryDecision) {
        for finding in decision.findings { counts.add(finding) }
    }

    private func text(_ decision: DeliveryDecision, _ host: DemoHost) -> String {
        switch decision.action {
        case .skip(.policyNameMismatch): return "skip: in no mx pattern"
        case .skip(.policyTLSFailure): return "skip: TLS check failed"
        case .skip(let reason): return "skip: \(reason.rawValue)"
        case .reconnectWithoutTLS: return "deliver without TLS"
        case .proceed:
            let isClean = decision.findings.allSatisfy { $0.result == .success }
            return isClean ? "deliver" : "deliver, and report"
        }
    }

    private func summary(of resolution: PolicyResolution) -> String {
        guard let policy = resolution.policy else { return "none" }
        let days = policy.maxAge / 86_400
        return "mode \(policy.mode.rawValue), \(counted(policy.mx.count, "mx pattern")), to be kept for \(days) days"
    }

    private func id(of resolution: PolicyResolution) -> String {
        resolution.cachedPolicy?.recordID.map { "\($0)" } ?? "unknown"
    }

    private var questions: String {
        let queries = world.dns.queryCount(at: world.recordName)
        let requests = world.http.requestCount(at: world.policyHost)
        return "\(queries) DNS query and \(requests) GET in all"
    }
}

extension DowngradeSign {
    fileprivate var words: String {
        switch self {
        case .recordVanished: "the record is gone"
        case .idFlapping: "the id goes back and forth"
        case .modeWeakened: "the new mode is weaker"
        case .mxWidened: "the new policy names more hosts"
        case .maxAgeShrunk: "the new max_age is much shorter"
        }
    }
}

/// What a TLS report would count, in order of first occurrence.
struct DemoCounts {
    private(set) var entries: [(name: String, number: Int)] = []

    mutating func add(_ finding: TLSFinding) {
        let name =
            switch finding.result {
            case .success: "\(finding.policyType): success"
            case .failure(let type, nil): "\(finding.policyType): \(type)"
            case .failure(let type, let reason?) where reason.count <= 20: "\(finding.policyType): \(type) (\(reason))"
            case .failure(let type, _): "\(finding.policyType): \(type)"
            }
        if let index = entries.firstIndex(where: { $0.name == name }) {
            entries[index].number += 1
        } else {
            entries.append((name, 1))
        }
    }
}
