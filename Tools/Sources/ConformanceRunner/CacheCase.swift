// SPDX-License-Identifier: Apache-2.0

internal import MTASTS

/// A case of kind cache: what is cached, what DNS and the policy host answer, and whether a message or a refresh asks.
struct CacheCase: Sendable {
    /// What is in the store.
    enum Cached: Sendable {
        case nothing
        case damaged
        case entry(CasePolicy, id: STSRecord.ID?, age: Int)
    }

    /// What a GET gives.
    enum Fetch: Sendable {
        case forbidden
        case error
        case invalid
        case policy(CasePolicy)
    }

    /// What DNS gives.
    enum TXT: Sendable {
        case records([String])
        case noSuchName
        case serverFailure
        case timeout
        /// No look-up is needed; one that is made fails.
        case notNeeded
    }

    struct LastFailure: Sendable {
        let id: STSRecord.ID
        let age: Int
    }

    let cached: Cached
    let txt: TXT
    let fetch: Fetch
    let isRefresh: Bool
    let lastFailure: LastFailure?
    let refusesWrites: Bool
    let callers: Int

    private static let members: Set<String> = [
        "cached", "txt", "fetch", "refresh", "last_failure", "store", "callers",
    ]
    /// About three centuries each way, far from the ends of the clocks.
    private static let ages = -9_000_000_000...9_000_000_000

    init(_ input: JSONValue) throws(CaseFault) {
        let object = try CaseObject(input, name: "input", allowing: Self.members)
        cached = try Self.cached(try object.required("cached"), object)
        txt = try Self.txt(try object.required("txt"), object)
        fetch = try Self.fetch(try object.required("fetch"), object)
        isRefresh = try object.bool("refresh", default: false)
        if let value = object["last_failure"] {
            let member = try CaseObject(value, name: "input.last_failure", allowing: ["id", "age"])
            guard let id = STSRecord.ID(try member.string("id")) else { throw member.fault("id", "no id") }
            lastFailure = LastFailure(id: id, age: try member.integer("age", in: 0...Self.ages.upperBound))
        } else {
            lastFailure = nil
        }
        if object["store"] == nil {
            refusesWrites = false
        } else {
            guard try object.string("store") == "error" else { throw object.fault("store", "not \"error\"") }
            refusesWrites = true
        }
        callers = try object.integer("callers", in: 1...100_000, default: 1)
    }

    private static func cached(_ value: JSONValue, _ object: CaseObject) throws(CaseFault) -> Cached {
        switch value {
        case .null: return .nothing
        case .string("damaged"): return .damaged
        default: break
        }
        let member = try CaseObject(value, name: "input.cached", allowing: ["mode", "max_age", "mx", "id", "age"])
        let policy = try CasePolicy(member)
        let age = try member.integer("age", in: ages)
        guard try member.required("id") != .null else { return .entry(policy, id: nil, age: age) }
        guard let id = STSRecord.ID(try member.string("id")) else { throw member.fault("id", "no id") }
        return .entry(policy, id: id, age: age)
    }

    private static func txt(_ value: JSONValue, _ object: CaseObject) throws(CaseFault) -> TXT {
        switch value {
        case .null: return .notNeeded
        case .string("nxdomain"): return .noSuchName
        case .string("servfail"): return .serverFailure
        case .string("timeout"): return .timeout
        default: return .records(try object.strings("txt"))
        }
    }

    private static func fetch(_ value: JSONValue, _ object: CaseObject) throws(CaseFault) -> Fetch {
        switch value {
        case .null: return .forbidden
        case .string("error"): return .error
        case .string("invalid"): return .invalid
        default:
            return .policy(
                try CasePolicy(CaseObject(value, name: "input.fetch", allowing: ["mode", "max_age", "mx"]))
            )
        }
    }

    func outcome() async throws -> CaseOutcome { try await CacheRun(self).outcome() }
}
