// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTSTesting
import Testing

@testable import MTASTS

/// A file of the store cut at each length, or overwritten with noise.
@Suite(.serialized) struct DamageTests {
    private let scratch: Scratch
    private let world: FaultWorld
    private let domains: [DomainName]
    private let file: URL

    init() async throws {
        scratch = try Scratch()
        let world = try FaultWorld(scratch.store)
        let domains = try (0..<12).map { try world.publish($0) }
        for domain in domains { #expect(try await world.id(domain) == 1) }
        let names = try FileManager.default.subpathsOfDirectory(atPath: scratch.store)
        let name = try #require(names.first { $0.hasSuffix("/\(domains[11]).p") })
        file = URL(filePath: scratch.store + "/" + name)
        self.world = world
        self.domains = domains
    }

    @Test func truncated() async throws {
        let whole = try Data(contentsOf: file)
        try await check(
            "newest file cut, at each of its \(whole.count) lengths",
            (0..<whole.count).map { whole.prefix($0) }
        )
    }

    @Test func noise() async throws {
        let whole = try Data(contentsOf: file)
        var noise = Noise(state: 2026)
        var damaged: [Data] = []
        for round in 0..<200 {
            var octets = whole
            // All of it, and one octet alone.
            let places = round % 2 == 0 ? Array(octets.indices) : [octets.indices.randomElement(using: &noise) ?? 0]
            for place in places { octets[place] ^= UInt8.random(in: 1...255, using: &noise) }
            damaged.append(octets)
        }
        try await check("newest file overwritten with noise, 200 times", damaged)
    }

    private func check(_ fault: String, _ damaged: [Data]) async throws {
        var (reported, fetched, keptAside) = (0, 0, 0)
        for octets in damaged {
            try octets.write(to: file)
            let world = try world.restarted()
            let before = world.https.requests.count
            #expect(try await world.id(domains[11]) == 1)
            if world.https.requests.count == before + 1 { fetched += 1 }
            let problem = try #require(world.problems.all.first)
            #expect(world.problems.all.count == 1)
            guard case .damaged(let path?) = problem.kind else {
                Issue.record("\(problem)")
                continue
            }
            reported += 1
            if try Data(contentsOf: URL(filePath: scratch.store + "/" + path)) == octets { keptAside += 1 }
        }
        let world = try world.restarted()
        for domain in domains { #expect(try await world.stored(domain) != nil) }
        #expect(world.problems.all.isEmpty)
        let all = damaged.count
        #expect((reported, fetched, keptAside) == (all, all, all))
        FaultTable.row(
            fault,
            expected: "set aside and reported, fetched anew, the others live",
            seen: "\(keptAside) of \(all) set aside, \(fetched) fetched anew; 11 of 11 others live",
            told: "\(reported) StoreProblem damaged, with the path"
        )
    }
}

/// Octets that look random and are the same each time.
private struct Noise: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
