// SPDX-License-Identifier: Apache-2.0

import Foundation
import PolicyCache
import RequirementTrait
import STSCore
import STSPolicy
import STSRecord
import Testing

@Suite struct FileStoreTests {
    let scratch: Scratch
    let problems = Problems()

    init() throws { scratch = try Scratch() }

    private func open() throws -> FilePolicyStore {
        try FilePolicyStore(directory: scratch.store, reportProblem: problems.report)
    }

    private func permissions(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test(.proves("R-CACHE-14")) func entriesOutliveTheStore() async throws {
        let entry = try cached().policy
        let full = CachedPolicy(policy: entry, recordID: nil, fetchedAt: time(.min), lastRequestedAt: time(.max))
        #expect(try await open().put(full, for: name("Example.COM."), replacing: nil))
        let stored = try await open().entry(for: name("example.com"))
        #expect(stored?.policy == full)
        #expect(stored?.policy.policy.text == entry.text)
    }

    @Test func onlyTheOwnerCanReadIt() async throws {
        _ = try await open().put(cached(), for: name("example.com"), replacing: nil)
        let file = try scratch.file(of: "example.com")
        #expect(try permissions(scratch.store) == 0o700)
        #expect(try permissions((file as NSString).deletingLastPathComponent) == 0o700)
        #expect(try permissions(file) == 0o600)
    }

    /// The format is read by later versions: a change of it is a change of its number.
    @Test(.proves("R-CACHE-14")) func formatIsStable() async throws {
        let entry = try cached("mx.example", fetched: -5, id: "20160831085700Z")
        _ = try await open().put(entry, for: name("example.com"), replacing: nil)
        let file = try scratch.file(of: "example.com")
        #expect(file.hasSuffix("/store/92/example.com.p"))
        let text = String(decoding: try octets(file), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines[0...1] == ["mta-sts-policy 1", "domain: example.com"])
        #expect(lines[2].wholeMatch(of: /revision: [0-9a-f]{16}/) != nil)
        #expect(lines[3...6] == ["id: 20160831085700Z", "fetched: -5", "requested: -5", "octets: 57"])
        #expect(lines[7].wholeMatch(of: /checksum: [0-9a-z]{26}/) != nil)
        #expect(lines[8...] == ["", "version: STSv1", "mode: enforce", "mx: mx.example", "max_age: 100", ""])
    }

    @Test func longestNameFitsAFileName() async throws {
        let label = String(repeating: "a", count: 63)
        let longest = try name("\(label).\(label).\(label).\(String(repeating: "b", count: 61))")
        let store = try open()
        #expect(try await store.put(cached(), for: longest, replacing: nil))
        let file = try scratch.file(of: longest.description)
        #expect((file as NSString).lastPathComponent.utf8.count == 255)
        try write([], to: file)
        #expect(try await store.entry(for: longest) == nil)
        #expect(scratch.names(in: "damaged").count == 1)
    }

    /// cache-050: a name that reaches outside the store is no domain name, and no other file is taken for an entry.
    @Test func cache050NoNameReachesOutside() async throws {
        for text in ["a/b", "..", ".", "../x", "a\0b", "/etc/passwd", ".tmp-0000000000000000", ".lock"] {
            #expect(DomainName(text) == nil)
        }
        for text in ["damaged", "lock", "tmp", "ff", "example.com.p"] {
            #expect(try await open().put(cached(), for: name(text), replacing: nil))
        }
        let page = try await open().entries(after: nil, limit: 100)
        let names = page.entries.map(\.domain.description).sorted()
        #expect(names == ["damaged", "example.com.p", "ff", "lock", "tmp"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["store"])
    }

    @Test func foreignFilesAreLeftAlone() async throws {
        let store = try open()
        _ = try await store.put(cached(), for: name("example.com"), replacing: nil)
        let file = try scratch.file(of: "example.com")
        let folder = (file as NSString).deletingLastPathComponent
        let foreign = [
            "README", "example.com", "example.com.p~", "EXAMPLE.com.p", "-.p", ".p", "a..b.p", "é.p", ".tmp-123",
            ".tmp-zzzzzzzzzzzzzzzz", ".tmp-0123456789abcdef0", "192.0.2.1.p", "other-folder.example.p",
        ]
        for name in foreign { try write(octets(file), to: folder + "/" + name) }
        try FileManager.default.createDirectory(atPath: scratch.store + "/zz", withIntermediateDirectories: false)
        let again = try open()
        let page = try await again.entries(after: nil, limit: 10)
        #expect(page.entries.map(\.domain) == [try name("example.com")])
        #expect(page.next == nil)
        for name in foreign { #expect(FileManager.default.fileExists(atPath: folder + "/" + name)) }
        #expect(problems.all.isEmpty)
    }

    @Test func cursorOfAnotherStoreIsRefused() async throws {
        let store = try open()
        for text in ["", "x", "zz/", "0", "00", "00/..", "100/", "+1/", "00/a/b"] {
            await #expect(throws: FilePolicyStore.Failure.self) {
                _ = try await store.entries(after: StoreCursor(rawValue: text), limit: 1)
            }
        }
    }

    @Test func pagesAreBounded() async throws {
        let store = try open()
        for number in 0..<30 {
            _ = try await store.put(cached(), for: name("h\(number).example"), replacing: nil)
        }
        #expect(try await store.entries(after: nil, limit: 0).entries.count == 1)
        #expect(try await store.entries(after: nil, limit: -1).entries.count == 1)
        #expect(try await store.entries(after: nil, limit: .max).entries.count == 30)
    }

    /// Two stores on one folder are to each other what two processes are: no write of either is lost.
    @Test func twoStoresOnOneFolder() async throws {
        let stores = [try open(), try open()]
        let domain = try name("counter.example")
        #expect(try await stores[0].put(cached(fetched: 0), for: domain, replacing: nil))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for _ in 0..<15 {
                        while true {
                            let old = try #require(await stores[task % 2].entry(for: domain))
                            let next = try cached(fetched: old.policy.fetchedAt.secondsSinceEpoch + 1)
                            if try await stores[task % 2].put(next, for: domain, replacing: old.revision) { break }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await stores[1].entry(for: domain)?.policy.fetchedAt == time(60))
    }

    /// Pages are read while entries are rewritten as fast as can be: none that is there all the time is missed.
    @Test func pagesDuringWrites() async throws {
        let store = try open()
        let domains = try (0..<40).map { try name("host-\($0).example") }
        for domain in domains { _ = try await store.put(cached(), for: domain, replacing: nil) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var number = 0
                while !Task.isCancelled {
                    number += 1
                    let domain = domains[number % domains.count]
                    let old = try await store.entry(for: domain)
                    _ = try await store.put(cached(), for: domain, replacing: old?.revision)
                }
            }
            for _ in 0..<30 {
                var seen: [DomainName] = []
                var cursor: StoreCursor?
                repeat {
                    let page = try await store.entries(after: cursor, limit: 3)
                    seen += page.entries.map(\.domain)
                    cursor = page.next
                } while cursor != nil
                #expect(seen.sorted() == domains.sorted())
            }
            group.cancelAll()
            try? await group.waitForAll()
        }
        #expect(problems.all.isEmpty)
    }
}

@Suite struct FileStoreFolderTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func pathThatIsAFile() throws {
        try write([1], to: scratch.store)
        let failure = #expect(throws: FilePolicyStore.Failure.self) { try FilePolicyStore(directory: scratch.store) }
        #expect(failure?.code == .folder)
        #expect(failure?.description.hasSuffix("Not a directory. Name a folder, not a file.") == true)
        #expect(try octets(scratch.store) == [1])
    }

    @Test func folderAboveIsMissing() throws {
        let failure = #expect(throws: FilePolicyStore.Failure.self) {
            try FilePolicyStore(directory: scratch.path + "/missing/store")
        }
        #expect(failure?.code == .folder)
        #expect(failure?.call == "mkdir")
        #expect(failure?.reason.hasSuffix("Make the folder that is to hold the store first.") == true)
    }

    /// Even root may not make files there.
    @Test func folderThatCannotBeWritten() {
        let failure = #expect(throws: FilePolicyStore.Failure.self) {
            try FilePolicyStore(directory: "/proc/self/task")
        }
        #expect(failure?.code == .folder)
        #expect(failure?.path == "/proc/self/task")
    }

    @Test(arguments: ["", "a\0b"]) func noPath(_ path: String) {
        let failure = #expect(throws: FilePolicyStore.Failure.self) { try FilePolicyStore(directory: path) }
        #expect(failure?.code == .folder)
    }

    @Test func folderBehindALinkIsFine() async throws {
        try FileManager.default.createDirectory(atPath: scratch.path + "/real", withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: scratch.store, withDestinationPath: "real")
        let store = try FilePolicyStore(directory: scratch.store)
        #expect(try await store.put(cached(), for: name("example.com"), replacing: nil))
    }

    /// Whatever notices it first says so, once.
    @Test(arguments: ["entry", "put", "remove", "entries"]) func folderDeletedUnderUs(_ call: String) async throws {
        let store = try FilePolicyStore(directory: scratch.store)
        let domain = try name("example.com")
        #expect(try await store.put(cached(), for: domain, replacing: nil))
        let revision = try #require(await store.entry(for: domain)).revision
        try FileManager.default.removeItem(atPath: scratch.store)
        let failure = await #expect(throws: FilePolicyStore.Failure.self) {
            switch call {
            case "entry": _ = try await store.entry(for: domain)
            case "put": _ = try await store.put(cached(), for: domain, replacing: nil)
            case "remove": _ = try await store.remove(domain, revision: revision)
            default: _ = try await store.entries(after: nil, limit: 10)
            }
        }
        #expect(failure?.code == .folder && failure?.path == scratch.store)
        #expect(failure?.reason.contains("made anew") == true)
        #expect(try await store.entry(for: domain) == nil)
        #expect(try await store.entries(after: nil, limit: 10).entries.isEmpty)
        #expect(try await !store.remove(domain, revision: revision))
        #expect(try await !store.put(cached(), for: domain, replacing: revision))
        #expect(try await store.put(cached(), for: domain, replacing: nil))
        #expect(try await store.entry(for: domain)?.policy == cached())
    }

    /// A folder that cannot be had says what to do, each time, until it can.
    @Test(arguments: [false, true]) func folderThatCannotBeMadeAnew(isFile: Bool) async throws {
        let above = scratch.path + "/above"
        try FileManager.default.createDirectory(atPath: above, withIntermediateDirectories: false)
        let store = try FilePolicyStore(directory: above + "/store")
        let domain = try name("example.com")
        try FileManager.default.removeItem(atPath: isFile ? above + "/store" : above)
        if isFile { try write([1], to: above + "/store") }
        for _ in 0..<2 {
            let failure = await #expect(throws: FilePolicyStore.Failure.self) { try await store.entry(for: domain) }
            #expect(failure?.code == .folder && failure?.path == above + "/store")
            let advice = isFile ? "Name a folder, not a file." : "Make the folder that is to hold the store first."
            #expect(failure?.reason.hasSuffix(advice) == true)
        }
        try? FileManager.default.removeItem(atPath: above)
        try FileManager.default.createDirectory(atPath: above, withIntermediateDirectories: false)
        _ = try? await store.entry(for: domain)
        #expect(try await store.put(cached(), for: domain, replacing: nil))
    }

    /// The folder of a hash replaced by something else fails its own domains only, and says where.
    @Test func shardThatIsNoFolder() async throws {
        let problems = Problems()
        let store = try FilePolicyStore(directory: scratch.store)
        try write([1], to: scratch.store + "/92")
        let again = try FilePolicyStore(directory: scratch.store, reportProblem: problems.report)
        #expect(problems.all.map(\.kind) == [.unreadable])
        #expect(problems.all.map(\.path) == ["92"])
        let failure = await #expect(throws: FilePolicyStore.Failure.self) {
            _ = try await again.put(cached(), for: name("example.com"), replacing: nil)
        }
        #expect(failure?.path == "92")
        #expect(try await store.put(cached(), for: name("example.net"), replacing: nil))
    }

    /// A process that is stopped with the lock in its hand does not stop us for good.
    @Test func lockHeldByAnother() async throws {
        let store = try FilePolicyStore(directory: scratch.store)
        let domain = try name("example.com")
        #expect(try await store.put(cached(), for: domain, replacing: nil))
        let lock = try #require(FileHandle(forUpdatingAtPath: scratch.store + "/92/.lock"))
        #expect(flock(lock.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
        let stored = try #require(await store.entry(for: domain))
        let start = ContinuousClock.now
        let failure = await #expect(throws: FilePolicyStore.Failure.self) {
            _ = try await store.put(cached(), for: domain, replacing: stored.revision)
        }
        #expect(failure?.code == .busy)
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(try await store.entry(for: domain) == stored)
        #expect(scratch.names(in: "92") == [".lock", "example.com.p"])
        try lock.close()
        #expect(try await store.put(cached(), for: domain, replacing: stored.revision))
    }

    /// Who deletes the lock files does no harm to who comes after.
    @Test func lockFileDeleted() async throws {
        let store = try FilePolicyStore(directory: scratch.store)
        #expect(try await store.put(cached(), for: name("example.com"), replacing: nil))
        try FileManager.default.removeItem(atPath: scratch.store + "/92/.lock")
        let stored = try #require(await store.entry(for: name("example.com")))
        #expect(try await store.put(cached("b.example"), for: name("example.com"), replacing: stored.revision))
    }
}
