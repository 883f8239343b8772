// SPDX-License-Identifier: Apache-2.0

internal import MTASTS
internal import MTASTSTesting

/// Runs a case of kind cache on a resolver of its own.
struct CacheRun {
    private let input: CacheCase
    private let world: CaseWorld

    /// What was seen.
    private struct Observation {
        var resolutions: [PolicyResolution] = []
        var findings: [TLSFinding] = []
        var fetches = 0
        var events: AsyncStream<PolicyEvent>
    }

    init(_ input: CacheCase) throws(CaseFault) {
        self.input = input
        world = try CaseWorld()
    }

    func outcome() async throws -> CaseOutcome {
        guard case .damaged = input.cached else { return await outcome(try await observe(MemoryPolicyStore())) }
        let folder = try SpoilableFolder()
        defer { folder.remove() }
        return await outcome(try await observe(try FilePolicyStore(directory: folder.path), spoiling: folder))
    }

    /// What was cached before, in the store alone, as after a restart.
    private func cachedEntry() throws -> CachedPolicy? {
        let now = world.wallClock.now
        switch input.cached {
        case .nothing:
            return nil
        case .entry(let policy, let id, let age):
            let fetchedAt = now.advanced(bySeconds: -Int64(age))
            return CachedPolicy(policy: policy.policy, recordID: id, fetchedAt: fetchedAt)
        case .damaged:
            // Were it read all the same it would be applied: it is fresh and has the id that DNS tells.
            var id: STSRecord.ID?
            if case .records(let texts) = input.txt,
                case .record(let record) = STSRecord.select(from: texts.map { [Array($0.utf8)] })
            {
                id = record.id
            }
            let policy = try STSPolicy(parsing: "version: STSv1\nmode: enforce\nmx: lost.example\nmax_age: 86400\n")
            return CachedPolicy(policy: policy, recordID: id, fetchedAt: now)
        }
    }

    private func outcome(_ seen: Observation) async -> CaseOutcome {
        // The resolver is gone by now, which ends the stream.
        var events: [PolicyEvent] = []
        for await event in seen.events { events.append(event) }
        let isAlerted = events.contains { if case .refreshFailed = $0 { true } else { false } }
        var verdicts: [String] = []
        for verdict in seen.resolutions.map({ verdict($0, events) }) where !verdicts.contains(verdict) {
            verdicts.append(verdict)
        }
        if case .forbidden = input.fetch, seen.fetches > 0 { verdicts.append("a GET that may not happen") }
        let types = seen.findings.compactMap(\.resultType?.rawValue)
        return [
            "verdict": .string(verdicts.joined(separator: ", ")),
            "fetches": .integer(seen.fetches),
            "report": JSONValue(types.isEmpty ? nil : types.joined(separator: ", ")),
            "alert": .bool(isAlerted),
        ]
    }

    private func observe(_ store: any PolicyStore, spoiling folder: SpoilableFolder? = nil) async throws -> Observation
    {
        let resolver = world.resolver(store: CaseStore(store, refusesWrites: input.refusesWrites))
        var seen = Observation(events: resolver.events)
        try await failBefore(resolver)
        if let entry = try cachedEntry() { _ = try await store.put(entry, for: world.domain, replacing: nil) }
        try folder?.spoil()
        script()
        let before = world.https.requests.count
        if input.isRefresh {
            await resolver.refresh(world.domain)
        } else {
            seen.resolutions = try await deliver(resolver)
            seen.findings = seen.resolutions.flatMap(\.discoveryFindings)
        }
        seen.fetches = world.https.requests.count - before
        if input.isRefresh {
            let next = try await nextMessage(resolver)
            seen.resolutions = [next.resolution]
            seen.findings = next.findings
        }
        return seen
    }

    /// Lets a fetch fail as long ago as the case says.
    private func failBefore(_ resolver: PolicyResolver) async throws {
        guard let failure = input.lastFailure else { return }
        world.dns.publishRecord("v=STSv1; id=\(failure.id)", for: world.domain)
        _ = try await resolver.resolve(.domain(world.domain))
        world.wallClock.advance(bySeconds: Int64(failure.age))
        world.monotonicClock.advance(by: .seconds(failure.age))
    }

    private func script() {
        let answer: ScriptedDNS.Answer =
            switch input.txt {
            case .records(let texts): texts.isEmpty ? .noData() : .txt(texts)
            case .noSuchName: .noSuchName()
            case .serverFailure: .failure(DNSFailure(.serverFailure))
            case .timeout: .failure(DNSFailure(.timeout))
            case .notNeeded: .failure(DNSFailure(.unreachable))
            }
        world.dns.answer(answer, at: world.recordName)
        switch input.fetch {
        case .forbidden, .error:
            let response = HTTPResponse(status: 500, contentType: "text/plain", body: [])
            world.https.answer(.response(response), at: world.policyHost)
        case .invalid: world.https.publishPolicy("no policy\n", for: world.domain)
        case .policy(let policy): world.https.publishPolicy(policy.text, for: world.domain)
        }
    }

    /// Resolves for as many callers as the case says, all under way before DNS answers.
    private func deliver(_ resolver: PolicyResolver) async throws -> [PolicyResolution] {
        let nextHop = NextHop.domain(world.domain)
        guard input.callers > 1 else { return [try await resolver.resolve(nextHop)] }
        world.dns.hold(world.recordName)
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        return try await withThrowingTaskGroup(of: PolicyResolution.self) { group in
            for _ in 0..<input.callers {
                group.addTask {
                    begin.yield()
                    return try await resolver.resolve(nextHop)
                }
            }
            var count = 0
            for await _ in begun {
                count += 1
                if count == input.callers { break }
            }
            world.dns.release(world.recordName)
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// What the message after a refresh goes by, and what TLSRPT counts of the refresh, which that message carries.
    private func nextMessage(
        _ resolver: PolicyResolver
    ) async throws -> (resolution: PolicyResolution, findings: [TLSFinding]) {
        // DNS says what is known already, so that the look-up adds nothing of its own.
        if let id = await resolver.explain(world.domain).policy?.recordID {
            world.dns.publishRecord("v=STSv1; id=\(id)", for: world.domain)
        } else {
            world.dns.answer(.failure(DNSFailure(.timeout)), at: world.recordName)
        }
        let resolution = try await resolver.resolve(.domain(world.domain))
        var findings = resolution.discoveryFindings
        // An entry without an id: that look-up failed and counted last.
        if case .dns? = resolution.failure, resolution.policy.map({ $0.mode != .none }) ?? false {
            findings = findings.dropLast()
        }
        return (resolution, findings)
    }

    private func verdict(_ resolution: PolicyResolution, _ events: [PolicyEvent]) -> String {
        switch resolution.state {
        case .noPolicy: return "no-policy"
        case .pending: return "pending"
        case .policy(_, .pinned): return "pinned"
        case .policy(let policy, .fetched): return fetchedVerdict(policy)
        case .policy(let policy, .cached(let entry)):
            let isRefreshed = events.contains { event in
                guard case .fetched(_, let fetched, _) = event else { return false }
                return fetched.policy == policy && fetched.fetchedAt == entry.fetchedAt
            }
            if input.isRefresh, isRefreshed { return fetchedVerdict(policy) }
            guard case .entry(let cached, _, _) = input.cached, cached.policy == policy else {
                return "use-cached of another policy"
            }
            return "use-cached"
        }
    }

    private func fetchedVerdict(_ policy: STSPolicy) -> String {
        guard case .policy(let fetched) = input.fetch, fetched.policy == policy else {
            return "use-fetched of another policy"
        }
        return "use-fetched"
    }
}
