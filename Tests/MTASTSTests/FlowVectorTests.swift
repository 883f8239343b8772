// SPDX-License-Identifier: Apache-2.0

import MTASTSTesting
import RequirementTrait
import Testing
import VectorSupport

@testable import MTASTS

/// One row of flow.jsonl or cache.jsonl: the search for the policy in force.
struct CacheVector: Vector {
    static let kind = "cache"
    let id: String
    let given: Given
    let expect: Expectation

    struct Given: Decodable, Sendable {
        let cached: Cached?
        let txt: TXT?
        let fetch: Fetch?
        let refresh: Bool?
        let lastFailure: LastFailure?
        let store: String?
        let callers: Int?

        enum CodingKeys: String, CodingKey {
            case cached, txt, fetch, refresh, store, callers
            case lastFailure = "last_failure"
        }
    }

    struct LastFailure: Decodable, Sendable {
        let id: String
        let age: Int64
    }

    struct PolicyFile: Decodable, Sendable {
        let mode: String
        let maxAge: Int
        let mx: [String]

        enum CodingKeys: String, CodingKey {
            case mode, mx
            case maxAge = "max_age"
        }

        var text: String { policyText(mode, maxAge: maxAge, mx: mx) }
    }

    enum Cached: Decodable, Sendable {
        case damaged
        case entry(PolicyFile, id: String?, age: Int64)

        enum CodingKeys: String, CodingKey { case id, age }

        init(from decoder: any Decoder) throws {
            if let word = try? decoder.singleValueContainer().decode(String.self), word == "damaged" {
                self = .damaged
            } else {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                self = .entry(
                    try PolicyFile(from: decoder),
                    id: try container.decodeIfPresent(String.self, forKey: .id),
                    age: try container.decode(Int64.self, forKey: .age)
                )
            }
        }
    }

    enum TXT: Decodable, Sendable {
        case word(String)
        case records([String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let records = try? container.decode([String].self) {
                self = .records(records)
            } else {
                self = .word(try container.decode(String.self))
            }
        }

        func answer() throws -> ScriptedDNS.Answer {
            switch self {
            case .records(let records): records.isEmpty ? .noData() : .txt(records)
            case .word("nxdomain"): .noSuchName()
            case .word("servfail"): .failure(DNSFailure(.serverFailure))
            case .word("timeout"): .failure(DNSFailure(.timeout))
            case .word: throw MissingValue()
            }
        }
    }

    enum Fetch: Decodable, Sendable {
        case word(String)
        case policy(PolicyFile)

        init(from decoder: any Decoder) throws {
            if let word = try? decoder.singleValueContainer().decode(String.self) {
                self = .word(word)
            } else {
                self = .policy(try PolicyFile(from: decoder))
            }
        }

        func answer() throws -> ScriptedHTTPS.Answer {
            switch self {
            case .policy(let file): .policy(file.text)
            case .word("error"): .failure(.connection(reason: "refused"))
            case .word("certificate"): .failure(.certificate(reason: "expired"))
            case .word("invalid"): .policy("bogus")
            case .word: throw MissingValue()
            }
        }
    }

    struct Expectation: Decodable, Sendable {
        let verdict: String
        let fetches: Int?
        /// Outer nil: not compared. Inner nil: none.
        let report: String??
        let alert: Bool?
        let mode: String?
        let cachedAfter: String??
        let ageAfter: Int64?

        enum CodingKeys: String, CodingKey {
            case verdict, fetches, report, alert, mode
            case cachedAfter = "cached_after"
            case ageAfter = "age_after"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            verdict = try container.decode(String.self, forKey: .verdict)
            fetches = try container.decodeIfPresent(Int.self, forKey: .fetches)
            alert = try container.decodeIfPresent(Bool.self, forKey: .alert)
            mode = try container.decodeIfPresent(String.self, forKey: .mode)
            ageAfter = try container.decodeIfPresent(Int64.self, forKey: .ageAfter)
            report = try Self.optional(container, .report)
            cachedAfter = try Self.optional(container, .cachedAfter)
        }

        private static func optional(
            _ container: KeyedDecodingContainer<CodingKeys>,
            _ key: CodingKeys
        ) throws -> String?? {
            guard container.contains(key) else { return nil }
            return .some(try container.decodeIfPresent(String.self, forKey: key))
        }
    }
}

@Suite struct FlowVectorTests {
    @Test(
        .proves(
            "R-DISC-15",
            "R-FETCH-19",
            "R-FETCH-20",
            "R-FETCH-22",
            "R-CACHE-02",
            "R-CACHE-03",
            "R-CACHE-04",
            "R-CACHE-07",
            "R-CACHE-08",
            "R-CACHE-09",
            "R-CACHE-11",
            "R-CACHE-12",
            "R-CACHE-13",
            "R-CACHE-16",
            "R-CACHE-18",
            "R-CACHE-19",
            "R-REP-01",
            "R-REP-02",
            "R-RES-09",
            "R-RES-10",
            "R-RES-11"
        ),
        arguments: try Vectors.load(["flow", "cache"], as: CacheVector.self)
    )
    func row(_ vector: CacheVector) async throws {
        let world = try await prepared(vector.given)
        let before = world.https.requests.count
        var resolutions: [PolicyResolution] = []
        if vector.given.refresh == true {
            await world.resolver.refresh(world.domain)
        } else {
            resolutions = try await resolve(world, callers: vector.given.callers ?? 1)
        }
        let after = await world.resolver.explain(world.domain)
        #expect(world.https.requests.count - before == vector.expect.fetches ?? 0)
        let seen = verdicts(world, resolutions, after)
        #expect(seen.allSatisfy { $0 == vector.expect.verdict }, "\(seen)")
        if let report = vector.expect.report {
            // A refresh's findings travel with the next resolution.
            let carrier = try await resolutions.isEmpty ? [world.resolve()] : resolutions
            let types = carrier.flatMap(\.discoveryFindings).map(\.resultType?.rawValue)
            #expect(types == (report.map { [$0] } ?? []))
        }
        if let alert = vector.expect.alert {
            let alerts = await world.events().filter { if case .refreshFailed = $0 { true } else { false } }
            #expect(alerts.isEmpty != alert)
        }
        if let mode = vector.expect.mode { #expect(resolutions.first?.policy?.mode.rawValue == mode) }
        if let id = vector.expect.cachedAfter {
            #expect(after.policy?.recordID?.description == id)
            let stored = try await world.store?.entry(for: world.domain)
            #expect(stored?.policy.recordID?.description == id)
        }
        if let age = vector.expect.ageAfter {
            let fetchedAt = try require(after.policy).fetchedAt
            #expect(world.wall.now.seconds(since: fetchedAt) == age)
        }
    }

    private func prepared(_ given: CacheVector.Given) async throws -> FlowWorld {
        let world = try FlowWorld(store: given.store == "error" ? BrokenStore() : MemoryPolicyStore())
        if let failure = given.lastFailure {
            let recordName = try world.recordName
            world.dns.answerOnce(.txt(["v=STSv1; id=\(failure.id);"]), at: recordName)
            world.https.answerOnce(.failure(.connection(reason: "refused")), at: try world.policyHost)
            let failed = try await world.resolve()
            #expect(failed.discoveryFindings.count == 1)
            world.advance(bySeconds: failure.age)
        }
        if case .entry(let file, let id, let age) = given.cached {
            let policy = CachedPolicy(
                policy: try STSPolicy(parsing: file.text),
                recordID: id.flatMap { STSRecord.ID($0) },
                fetchedAt: world.wall.now.advanced(bySeconds: -age),
                lastRequestedAt: world.wall.now
            )
            #expect(try await world.store?.put(policy, for: world.domain, replacing: nil) == true)
        }
        if let txt = given.txt {
            world.dns.answer(try txt.answer(), at: try world.recordName)
        } else {
            world.dns.answer(.failure(DNSFailure(.timeout)), at: try world.recordName)
        }
        if let fetch = given.fetch { world.https.answer(try fetch.answer(), at: try world.policyHost) }
        return world
    }

    private func resolve(_ world: FlowWorld, callers: Int) async throws -> [PolicyResolution] {
        guard callers > 1 else { return [try await world.resolve()] }
        let name = try world.recordName
        world.dns.hold(name)
        return try await withThrowingTaskGroup(of: PolicyResolution.self) { group in
            for _ in 0..<callers { group.addTask { try await world.resolve() } }
            while world.resolver.flights.waiterCount < callers { await Task.yield() }
            world.dns.release(name)
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func verdicts(
        _ world: FlowWorld,
        _ resolutions: [PolicyResolution],
        _ after: PolicyExplanation
    ) -> [String] {
        if resolutions.isEmpty {
            return [after.policy?.fetchedAt == world.wall.now ? "use-fetched" : "use-cached"]
        }
        return resolutions.map { resolution in
            switch resolution.state {
            case .policy(_, .cached): "use-cached"
            case .policy(_, .fetched): "use-fetched"
            case .policy(_, .pinned): "pinned"
            case .noPolicy: "no-policy"
            case .pending: "pending"
            }
        }
    }
}
