// SPDX-License-Identifier: Apache-2.0

import Foundation
import PolicyCache
import STSCore
import STSPolicy
import STSRecord

/// A process that writes to a file store, for tests that kill it, trace it, or run two of it at once.
///
/// ```
/// StoreWriter once DIRECTORY DOMAIN             writes one entry
/// StoreWriter rewrite DIRECTORY COUNT           rewrites COUNT entries for ever, from the generation found on
/// StoreWriter race DIRECTORY DOMAIN COUNT SIDE  writes COUNT policies, never an older over a newer; SIDE is 0 or 1
/// StoreWriter limited DIRECTORY DOMAIN OCTETS   replaces an entry while no file may grow over OCTETS
/// StoreWriter resolve DIRECTORY DOMAIN STATE    resolves a domain by the system's clock; HTTPS is up or down
/// ```
@main
enum StoreWriter {
    static func main() async throws {
        var arguments = CommandLine.arguments.dropFirst()
        guard let command = arguments.popFirst(), let directory = arguments.popFirst() else { throw Usage() }
        let store = try FilePolicyStore(directory: directory) { say("problem \($0)") }
        let rest = Array(arguments)
        switch (command, rest.count) {
        case ("once", 1):
            let isPut = try await store.put(WriterSample.policy(0, 1), for: domain(rest[0]), replacing: nil)
            say("put \(isPut)")
        case ("rewrite", 1): try await rewrite(store, count: number(rest[0]))
        case ("race", 3): try await race(store, domain(rest[0]), count: number(rest[1]), side: number(rest[2]))
        case ("limited", 2): try await limited(store, domain(rest[0]), octets: number(rest[1]))
        case ("resolve", 2): try await resolve(store, domain(rest[0]), isUp: rest[1] == "up")
        default: throw Usage()
        }
    }

    struct Usage: Error {}
    struct Refused: Error {}

    private static func domain(_ text: String) throws -> DomainName { try DomainName(parsing: text) }

    private static func number(_ text: String) throws -> Int {
        guard let number = Int(text) else { throw Usage() }
        return number
    }

    /// One line to standard output by one call: lines of several threads do not mix, and a kill cuts none in two.
    static func say(_ line: String) {
        let octets = Array("\(line)\n".utf8)
        _ = octets.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
    }

    /// Says `wrote ENTRY GENERATION` after each write that the store has confirmed.
    private static func rewrite(_ store: FilePolicyStore, count: Int) async throws {
        let lanes = 4
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    // Each run begins elsewhere, so that short runs reach all entries too.
                    let own = Array(stride(from: lane, to: count, by: lanes))
                    var turn = Int.random(in: 0..<1_000)
                    while !own.isEmpty {
                        let entry = own[turn % own.count]
                        turn += 1
                        let name = try WriterSample.domain(entry)
                        let old = try await store.entry(for: name)
                        let generation = old.map(WriterSample.generation(of:)) ?? 0
                        let policy = try WriterSample.policy(entry, generation + 1)
                        guard try await store.put(policy, for: name, replacing: old?.revision) else { throw Refused() }
                        say("wrote \(entry) \(generation + 1)")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Says `replaced OLD NEW` (times of fetch) after each write, `left OLD NEW` where the entry there is newer.
    private static func race(_ store: FilePolicyStore, _ name: DomainName, count: Int, side: Int) async throws {
        var used: Set<Int> = []
        for _ in 0..<count {
            // Clocks in milliseconds that are not quite alike; the parity tells the processes apart.
            let moment = (Int(Date().timeIntervalSince1970 * 1_000) + Int.random(in: -20...20)) * 2 + side
            guard used.insert(moment).inserted else { continue }
            let policy = try WriterSample.policy(side, moment)
            while true {
                let old = try await store.entry(for: name)
                let before = old.map(WriterSample.generation(of:)) ?? 0
                if before > moment {
                    say("left \(before) \(moment)")
                    break
                }
                if try await store.put(policy, for: name, replacing: old?.revision) {
                    say("replaced \(before) \(moment)")
                    break
                }
                say("lost \(before) \(moment)")
            }
        }
    }

    private static func limited(_ store: FilePolicyStore, _ name: DomainName, octets: Int) async throws {
        let old = try await store.entry(for: name)
        // A write then stops short at the limit, and the next one fails: as on a full disk.
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: rlim_t(octets), rlim_max: rlim_t(octets))
        #if canImport(Glibc)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #else
        setrlimit(RLIMIT_FSIZE, &limit)
        #endif
        do {
            let isPut = try await store.put(WriterSample.policy(0, 2), for: name, replacing: old?.revision)
            say("put \(isPut)")
        } catch {
            say("failed \(error)")
        }
    }
}
