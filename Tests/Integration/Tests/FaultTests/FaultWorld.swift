// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTSTesting
import Synchronization

@testable import MTASTS

/// A resolver on a real file store; the clocks are the test's, and DNS and HTTPS too unless others are given.
struct FaultWorld {
    let wall: ManualWallClock
    let mono = ManualMonotonicClock()
    let dns: ScriptedDNS
    let https: ScriptedHTTPS
    let problems = Problems()
    let resolver: PolicyResolver
    let folder: String?
    /// The file store, read past the resolver.
    let store: FilePolicyStore?

    /// A resolver.
    ///
    /// - Parameters:
    ///   - folder: The store's folder; nil for no store.
    ///   - wall: The wall clock.
    ///   - scripts: What DNS and HTTPS answer.
    ///   - otherDNS: What is asked instead of the scripted DNS.
    ///   - otherHTTP: What is asked instead of the scripted HTTPS.
    init(
        _ folder: String?,
        wall: ManualWallClock = ManualWallClock(),
        scripts: (ScriptedDNS, ScriptedHTTPS) = (ScriptedDNS(), ScriptedHTTPS()),
        otherDNS: (any DNSTransport)? = nil,
        otherHTTP: (any HTTPTransport)? = nil
    ) throws {
        self.wall = wall
        (dns, https) = scripts
        self.folder = folder
        store = try folder.map { [problems] in try FilePolicyStore(directory: $0, reportProblem: problems.report) }
        resolver = PolicyResolver(
            dns: otherDNS ?? dns,
            http: otherHTTP ?? https,
            cache: PolicyCache(store: store),
            configuration: ResolverConfiguration(wallClock: wall, monotonicClock: mono)
        )
    }

    /// The policy domain number `number`, published with an id.
    @discardableResult
    func publish(_ number: Int, id: Int = 1, maxAge: Int = 604_800) throws -> DomainName {
        let domain = try Self.domain(number)
        dns.publishRecord("v=STSv1; id=\(id);", for: domain)
        https.publishPolicy(Self.text(id, maxAge: maxAge), for: domain)
        return domain
    }

    static func domain(_ number: Int) throws -> DomainName { try DomainName(parsing: "known-\(number).example") }

    static func text(_ id: Int, mode: String = "enforce", maxAge: Int = 604_800) -> String {
        "version: STSv1\nmode: \(mode)\nmx: mail.example.com\nmax_age: \(maxAge)\nserial: \(id)\n"
    }

    /// A resolver after a restart: nothing in memory, the same clocks' wall time, the same answers.
    func restarted() throws -> FaultWorld { try FaultWorld(folder, wall: wall, scripts: (dns, https)) }

    /// The policy in force, found if need be; nil for none.
    func policy(_ domain: DomainName) async throws -> STSPolicy? { try await resolver.resolve(.domain(domain)).policy }

    /// The id under which the policy in force was published, found if need be.
    func id(_ domain: DomainName) async throws -> Int? { try await policy(domain).flatMap(Self.id) }

    static func id(of policy: STSPolicy) -> Int? {
        policy.extensions.first { $0.name == "serial" }.flatMap { Int($0.value) }
    }

    /// What the store has of a domain.
    func stored(_ domain: DomainName) async throws -> CachedPolicy? { try await store?.entry(for: domain)?.policy }

    /// All that the store has.
    func storedEntries() async throws -> [StoredPolicy] {
        try await store?.entries(after: nil, limit: 1_000).entries ?? []
    }

    func pass(seconds: Int64) {
        wall.advance(bySeconds: seconds)
        mono.advance(by: .seconds(seconds))
    }

    /// The events so far: the stream is read up to one that this sends, or all of it if it is full.
    func events() async -> [PolicyEvent] {
        let mark = PolicyEvent.storeFailed(nil, reason: "end")
        let dropped = resolver.droppedEvents
        resolver.report(mark)
        let isFull = resolver.droppedEvents > dropped
        var events: [PolicyEvent] = []
        for await event in resolver.events {
            if event == mark { break }
            events.append(event)
            if isFull, events.count == resolver.configuration.eventBufferSize { break }
        }
        return events
    }
}

/// What a store reports.
final class Problems: Sendable {
    private let state = Mutex<[StoreProblem]>([])
    var all: [StoreProblem] { state.withLock { $0 } }
    var report: @Sendable (StoreProblem) -> Void { { problem in self.state.withLock { $0.append(problem) } } }
}

extension PolicyEvent {
    /// The event's name, for tables.
    var name: String {
        switch self {
        case .fetched: "fetched"
        case .discoveryFailed: "discoveryFailed"
        case .refreshFailed: "refreshFailed"
        case .lapsing: "lapsing"
        case .lapsed: "lapsed"
        case .fetchedInFuture: "fetchedInFuture"
        case .downgradeSigns(_, let signs): "downgradeSigns " + signs.map(\.rawValue).joined(separator: "+")
        case .overloaded: "overloaded"
        case .policyLost: "policyLost"
        case .storeFailed: "storeFailed"
        }
    }
}

extension [PolicyEvent] {
    /// The kinds of events with their counts, without the fetches that went well.
    var summary: String {
        var counts: [String: Int] = [:]
        for event in self where event.name != "fetched" { counts[event.name, default: 0] += 1 }
        if counts.isEmpty { return "none" }
        return counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    func count(_ name: String) -> Int { count { $0.name.hasPrefix(name) } }

    /// The reasons of the failures of the store.
    var storeReasons: [String] { compactMap { if case .storeFailed(_, let reason) = $0 { reason } else { nil } } }
}

/// A file system of a few hundred KiB, made by `world/faults`.
final class SmallFileSystem {
    let path: String
    private let name = UUID().uuidString

    struct Failure: Error, CustomStringConvertible {
        let command: [String]
        var description: String {
            "world/faults \(command.joined(separator: " ")) failed: mounting needs root rights, by sudo if need be"
        }
    }

    init(octets: Int) throws { path = try Self.run(["mount", name, "\(octets)"]) }

    deinit { _ = try? Self.run(["unmount", name]) }

    func set(readOnly: Bool) throws { _ = try Self.run([readOnly ? "read-only" : "writable", name]) }

    @discardableResult
    private static func run(_ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL =
            URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../world/faults").standardizedFileURL
        process.arguments = arguments
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(command: arguments) }
        return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}
