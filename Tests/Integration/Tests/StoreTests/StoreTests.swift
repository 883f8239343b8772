// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import PolicyCache
import RequirementTrait
import STSCore
import STSPolicy
import Synchronization
import Testing

@testable import StoreWriter

@Suite(.serialized) struct StoreTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// A process that rewrites entries is killed again and again at random moments. Each time every entry is whole and
    /// is the last that was confirmed or the one after it, and opening the store removes what was left half-written.
    @Test(.proves("R-CACHE-14")) func killedWhileWriting() async throws {
        let entries = 12
        var confirmed = Array(repeating: 0, count: entries)
        var (rounds, roundsWithTemporary, newer) = (0, 0, 0)
        while rounds < 250 || (roundsWithTemporary < 50 && rounds < 2_000) {
            rounds += 1
            let writer = try StoreProcess(["rewrite", scratch.store, String(entries)])
            writer.waitForOutput()
            try await Task.sleep(for: .microseconds(Int.random(in: 0...20_000)))
            writer.kill()
            for line in writer.finish() {
                let words = line.split(separator: " ")
                try #require(words.count == 3 && words[0] == "wrote", "\(line)")
                confirmed[try #require(Int(words[1]))] = try #require(Int(words[2]))
            }
            if try !scratch.leftovers().isEmpty { roundsWithTemporary += 1 }
            let problems = Mutex<[StoreProblem]>([])
            let store = try FilePolicyStore(directory: scratch.store) { problem in
                problems.withLock { $0.append(problem) }
            }
            #expect(try scratch.leftovers() == [], "round \(rounds)")
            for entry in 0..<entries {
                let stored = try await store.entry(for: WriterSample.domain(entry))
                let generation = stored.map(WriterSample.generation(of:)) ?? 0
                #expect(
                    (confirmed[entry]...confirmed[entry] + 1).contains(generation),
                    "entry \(entry), round \(rounds)"
                )
                if generation > confirmed[entry] { newer += 1 }
                confirmed[entry] = generation
                guard let stored else { continue }
                let whole = try WriterSample.policy(entry, generation)
                #expect(stored.policy == whole && stored.policy.policy.hasSameText(as: whole.policy))
            }
            #expect(problems.withLock { $0 } == [])
        }
        FaultTable.row(
            "kill -9 during writes",
            expected: "each entry whole, the last confirmed or the one after it",
            seen: "so after \(rounds) kills, \(roundsWithTemporary) with a file half-written, "
                + "\(confirmed.reduce(0, +)) writes, \(newer) of them there but not confirmed",
            told: "none is due"
        )
        #expect(rounds >= 200)
        #expect(roundsWithTemporary >= 50)
        #expect(confirmed.allSatisfy { $0 > 1 })
    }

    /// Two processes write policies by the rule of PolicyCache. What each replaced by what, put together, is one chain
    /// in order of time: nothing was lost in between, and no older policy came over a newer.
    @Test(.proves("R-CACHE-20")) func twoProcesses() async throws {
        let name = try DomainName(parsing: "shared.example")
        let writers = try (0..<2).map { try StoreProcess(["race", scratch.store, "\(name)", "400", "\($0)"]) }
        let lines = writers.map { $0.finish() }
        #expect(writers.map(\.status) == [0, 0])
        var replaced: [(old: Int, new: Int)] = []
        var (left, lost) = (0, 0)
        for line in lines.joined() {
            let words = line.split(separator: " ")
            let (old, new) = (try #require(Int(words[1])), try #require(Int(words[2])))
            switch words[0] {
            case "replaced": replaced.append((old, new))
            case "left": left += 1
            case "lost": lost += 1
            default: Issue.record("\(line)")
            }
        }
        replaced.sort { $0.new < $1.new }
        #expect(replaced.first?.old == 0)
        for (before, after) in zip(replaced, replaced.dropFirst()) {
            #expect(before.new == after.old, "\(after.old) was replaced by \(after.new), not \(before.new)")
        }
        let turns = zip(replaced, replaced.dropFirst()).count { $0.new % 2 != $1.new % 2 }
        print("\(replaced.count) written, \(turns) times over the other process's, \(left) left, \(lost) lost the race")
        #expect(turns > 20, "the processes did not meet")
        #expect(left > 0)
        let store = try FilePolicyStore(directory: scratch.store)
        let last = try #require(await store.entry(for: name))
        #expect(WriterSample.generation(of: last) == replaced.last?.new)
        #expect(try scratch.leftovers() == [])
    }

    /// The disk is full in the middle of a write: an error that says so, the old entry intact, nothing left behind.
    @Test func shortWrite() async throws {
        let name = try DomainName(parsing: "full.example")
        let store = try FilePolicyStore(directory: scratch.store)
        let old = try WriterSample.policy(5, 1)
        #expect(try await store.put(old, for: name, replacing: nil))
        let before = try await store.entry(for: name)
        let writer = try StoreProcess(["limited", scratch.store, "\(name)", "500"])
        let lines = writer.finish()
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("failed ") == true)
        #expect(lines.first?.hasSuffix("write: File too large") == true, "\(lines)")
        #expect(try scratch.leftovers() == [])
        #expect(try await store.entry(for: name) == before)
    }
}
