// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTSTesting
import Testing

@testable import MTASTS

/// A file store on a file system that fails.
@Suite(.serialized) struct StoreFaultTests {
    private static let stored = 20

    enum Trouble: String, CaseIterable, Sendable {
        case full = "disk full (tmpfs of 512 KiB)"
        case readOnly = "folder read-only"

        var reason: String { self == .full ? "No space left on device" : "Read-only file system" }

        /// Brings it about, or ends it.
        func set(_ isOn: Bool, _ disk: SmallFileSystem) throws {
            guard self == .full else { return try disk.set(readOnly: isOn) }
            let filler = disk.path + "/filler"
            guard isOn else { return try FileManager.default.removeItem(atPath: filler) }
            try Data().write(to: URL(filePath: filler))
            let file = try #require(FileHandle(forWritingAtPath: filler))
            while (try? file.write(contentsOf: Data(count: 4_096))) != nil {}
        }
    }

    /// What is in memory serves, what was stored stays, and what was refused is stored as soon as it can be.
    @Test(arguments: Trouble.allCases) func writesThatFail(_ trouble: Trouble) async throws {
        let disk = try SmallFileSystem(octets: 512 << 10)
        let world = try FaultWorld(disk.path + "/store")
        for number in 0..<Self.stored { #expect(try await world.id(world.publish(number)) == 1) }
        #expect(await world.events().count("storeFailed") == 0)
        try trouble.set(true, disk)
        // One that is new, and one that replaces what is stored.
        let new = try world.publish(Self.stored)
        let changed = try world.publish(0, id: 2)
        world.pass(seconds: 61)
        for (domain, id) in [(new, 1), (changed, 2)] {
            let resolution = try await world.resolver.resolve(.domain(domain))
            #expect(resolution.policy.flatMap(FaultWorld.id) == id)
            #expect(resolution.storeFailure?.hasSuffix(trouble.reason) == true, "\(resolution.storeFailure ?? "nil")")
            #expect(world.resolver.peek(.domain(domain))?.policy.flatMap(FaultWorld.id) == id)
        }
        let told = await world.events()
        #expect(told.storeReasons.count == 2 && told.storeReasons.allSatisfy { $0.hasSuffix(trouble.reason) })
        let old = try await Self.readBack(world, expecting: [0: 1])
        let restart = try Self.restart(world, trouble)
        try trouble.set(false, disk)
        let loop = Task { await world.resolver.run() }
        await world.mono.waitForSleepers(2)
        loop.cancel()
        await loop.value
        #expect(try await Self.readBack(world, expecting: [0: 2, Self.stored: 1]) == Self.stored + 1)
        FaultTable.row(
            trouble.rawValue,
            expected: "memory serves, nothing stored is lost, stored later",
            seen: "2 of 2 served; \(old) of \(Self.stored) still stored; \(restart); stored by the next round of run()",
            told: told.summary + ": \(trouble.reason)"
        )
    }

    /// How many domains the store has. Their policies are of id 1 unless said otherwise.
    private static func readBack(_ world: FaultWorld, expecting ids: [Int: Int]) async throws -> Int {
        let entries = try await world.storedEntries()
        for entry in entries {
            let number = try #require((0...stored).first { try FaultWorld.domain($0) == entry.domain })
            #expect(FaultWorld.id(of: entry.policy.policy) == ids[number] ?? 1, "\(entry.domain)")
        }
        #expect(entries.count >= stored)
        return entries.count
    }

    /// What becomes of a process that starts now.
    private static func restart(_ world: FaultWorld, _ trouble: Trouble) throws -> String {
        do {
            _ = try world.restarted()
            return "a restart opens it"
        } catch let failure as FilePolicyStore.Failure {
            #expect(failure.code == .folder && failure.description.contains("Make the folder writable"), "\(failure)")
            return "a restart is refused with advice"
        }
    }

    enum Loss: String, CaseIterable, Sendable {
        case deleted = "store's folder deleted"
        case deletedAbove = "store's folder deleted with the one above"
        case file = "store's folder replaced by a file"
        case other = "store's folder replaced by another"
        case moved = "store's folder moved away and back"
    }

    /// Memory serves, what is not in it is fetched anew, and the store works again when there is a folder.
    @Test(arguments: Loss.allCases) func folderLost(_ loss: Loss) async throws {
        let scratch = try Scratch()
        let (above, store) = (scratch.path + "/above", scratch.path + "/above/store")
        let files = FileManager.default
        try files.createDirectory(atPath: above, withIntermediateDirectories: false)
        let before = try FaultWorld(store)
        let domains = try (0..<Self.stored).map { try before.publish($0) }
        for domain in domains { #expect(try await before.id(domain) == 1) }
        let world = try before.restarted()
        let (warm, cold) = (domains[0], domains[1])
        #expect(try await world.id(warm) == 1)
        let requests = world.https.requests.count
        switch loss {
        case .deleted: try files.removeItem(atPath: store)
        case .deletedAbove: try files.removeItem(atPath: above)
        case .file, .other, .moved: try files.moveItem(atPath: store, toPath: scratch.path + "/away")
        }
        if loss == .file { try Data().write(to: URL(filePath: store)) }
        if loss == .other { try files.createDirectory(atPath: store, withIntermediateDirectories: false) }
        #expect(world.resolver.peek(.domain(warm))?.policy != nil)
        #expect(try await world.id(cold) == 1)
        #expect(world.https.requests.count == requests + 1)
        let told = await world.events()
        if loss == .file || loss == .moved { try? files.removeItem(atPath: store) }
        if loss == .deletedAbove { try files.createDirectory(atPath: above, withIntermediateDirectories: false) }
        if loss == .moved { try files.moveItem(atPath: scratch.path + "/away", toPath: store) }
        await world.resolver.storeUnstored()  // notices that the folder is back, or makes it
        await world.resolver.storeUnstored()
        let restarted = try world.restarted()
        #expect(try await restarted.stored(cold) != nil)
        let kept = try await restarted.storedEntries().count
        #expect(kept == (loss == .moved ? Self.stored : 1))
        #expect(told.storeReasons.isEmpty == (loss == .other))
        let reason = told.storeReasons.first.map { String($0.drop { $0 != ":" }.dropFirst(2)) }
        FaultTable.row(
            loss.rawValue,
            expected: "memory serves, the rest is fetched anew, works again with a folder",
            seen: "so; \(kept) of \(Self.stored) stored after it",
            told: reason.map { "\(told.summary): \($0)" } ?? "none: it is a folder like any"
        )
    }
}
