// SPDX-License-Identifier: Apache-2.0

import Foundation
import PolicyCache
import RequirementTrait
import STSCore
import STSPolicy
import Testing

@Suite struct FileStoreDamageTests {
    let scratch: Scratch
    let problems = Problems()
    let store: FilePolicyStore
    let domain: DomainName
    let file: String
    let whole: [UInt8]

    init() async throws {
        scratch = try Scratch()
        store = try FilePolicyStore(directory: scratch.store, reportProblem: problems.report)
        domain = try name("example.com")
        _ = try await store.put(cached(), for: domain, replacing: nil)
        _ = try await store.put(cached("other.example"), for: name("other.example"), replacing: nil)
        file = try scratch.file(of: "example.com")
        whole = try octets(file)
    }

    private func expectOtherIsFine() async throws {
        #expect(try await store.entry(for: name("other.example"))?.policy == cached("other.example"))
        let page = try await store.entries(after: nil, limit: 10)
        #expect(page.entries.map(\.domain.description).contains("other.example"))
    }

    /// Puts `octets` in the file's place and expects that they count as absent, are kept and are reported.
    private func expectSetAside(_ octets: [UInt8], _ what: String) async throws {
        problems.clear()
        try write(octets, to: file)
        #expect(try await store.entry(for: domain) == nil, "\(what)")
        #expect(!FileManager.default.fileExists(atPath: file), "\(what)")
        let problem = try #require(problems.all.first, "\(what)")
        guard case .damaged(let kept?) = problem.kind, problems.all.count == 1 else {
            Issue.record("\(what): \(problems.all)")
            return
        }
        #expect(try PolicyCacheTests.octets(scratch.store + "/" + kept) == octets, "\(what)")
    }

    @Test(.proves("R-CACHE-14")) func truncatedAtEveryLength() async throws {
        for length in 0..<whole.count { try await expectSetAside(Array(whole[..<length]), "\(length) octets") }
        try await expectOtherIsFine()
    }

    /// A folder that cannot be read is told, and hides its own entries alone.
    @Test func folderThatIsNone() async throws {
        let folder = (file as NSString).deletingLastPathComponent
        try FileManager.default.removeItem(atPath: folder)
        try write([], to: folder)
        problems.clear()
        try await expectOtherIsFine()
        #expect(problems.all.map(\.kind) == [.unreadable])
    }

    /// Each octet changed in several ways. A changed version number may read as a newer format; nothing else is taken
    /// for anything but damage.
    @Test(.proves("R-CACHE-14")) func everyOctetChanged() async throws {
        let version = Array("mta-sts-policy ".utf8).count
        for index in whole.indices {
            for flip: UInt8 in [0x01, 0x02, 0x20, 0x80] {
                var damaged = whole
                damaged[index] ^= flip
                let isDigit = (0x32...0x39).contains(damaged[version])
                if index == version, isDigit {
                    try write(damaged, to: file)
                    #expect(try await store.entry(for: domain) == nil)
                    #expect(FileManager.default.fileExists(atPath: file))
                } else {
                    try await expectSetAside(damaged, "octet \(index) xor \(flip)")
                }
            }
        }
        try await expectOtherIsFine()
        #expect(scratch.names(in: "damaged").count == 100)
    }

    @Test func octetAddedOrTakenAnywhere() async throws {
        for index in stride(from: 0, through: whole.count, by: 3) {
            var longer = whole
            longer.insert(0x20, at: index)
            try await expectSetAside(longer, "a space at \(index)")
            guard index < whole.count else { continue }
            var shorter = whole
            shorter.remove(at: index)
            try await expectSetAside(shorter, "without octet \(index)")
        }
        try await expectSetAside(whole + whole, "twice")
        try await expectSetAside(whole + [0x0A], "a line end more")
    }

    @Test func noise() async throws {
        var generator = SystemRandomNumberGenerator()
        for length in [1, 15, 16, 300, 4_096, 71_680, 71_681, 200_000] {
            let octets = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            try await expectSetAsideIfAny(octets, length)
        }
        try await expectSetAside([UInt8](repeating: 0, count: 4_096), "zeros, as after a crash of the machine")
        try await expectSetAside([UInt8](repeating: 0x0A, count: 4_096), "line ends")
        try await expectSetAside(whole + [UInt8](repeating: 0x61, count: 80_000), "too large")
        try await expectOtherIsFine()
    }

    private func expectSetAsideIfAny(_ octets: [UInt8], _ length: Int) async throws {
        problems.clear()
        try write(octets, to: file)
        #expect(try await store.entry(for: domain) == nil)
        #expect(problems.all.count == 1, "\(length) octets of noise")
    }

    @Test func fileOfAnotherDomain() async throws {
        try await expectSetAside(try octets(scratch.file(of: "other.example")), "another domain's file")
        #expect(problems.all.first?.reason == "it names another domain")
        try await expectOtherIsFine()
    }

    @Test func symbolicLink() async throws {
        let target = scratch.path + "/target"
        try write(whole, to: target)
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: target)
        #expect(try await store.entry(for: domain) == nil)
        #expect(try octets(target) == whole)
        #expect(problems.all.first?.reason == "it is no regular file")
        #expect(try await store.put(cached(), for: domain, replacing: nil))
        #expect(try octets(target) == whole)
    }

    @Test(arguments: ["folder", "full folder", "pipe", "socket", "dangling link"])
    func noRegularFile(_ kind: String) async throws {
        try FileManager.default.removeItem(atPath: file)
        switch kind {
        case "folder", "full folder":
            try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
            if kind == "full folder" { try write([1], to: file + "/x") }
        case "pipe": #expect(mkfifo(file, 0o600) == 0)
        case "socket": #expect(mknod(file, S_IFSOCK | 0o600, 0) == 0)
        default: try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "/nowhere")
        }
        #expect(try await store.entries(after: nil, limit: 10).entries.count == 1)
        #expect(problems.all.map(\.reason) == ["it is no regular file"])
        #expect(scratch.names(in: "damaged").count == 1)
        #expect(try await store.put(cached(), for: domain, replacing: nil))
        #expect(try await store.entry(for: domain)?.policy == cached())
    }

    @Test(.proves("R-CACHE-14")) func newerFormatIsLeftInPlace() async throws {
        let newer = Array("mta-sts-policy 2\nwhatever comes then".utf8) + [UInt8](repeating: 0xFF, count: 100_000)
        try write(newer, to: file)
        #expect(try await store.entry(for: domain) == nil)
        #expect(problems.all.map(\.kind) == [.newerFormat(2)])
        let failure = await #expect(throws: FilePolicyStore.Failure.self) {
            _ = try await store.put(cached(), for: domain, replacing: nil)
        }
        #expect(failure?.code == .newerFormat)
        #expect(failure?.reason == "written in format 2 by a newer version of this library: it is not overwritten")
        #expect(try await !store.remove(domain, revision: StoreRevision(rawValue: "x")))
        #expect(try octets(file) == newer)
        #expect(scratch.names(in: "damaged").isEmpty)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: scratch.store).allSatisfy { !$0.contains(".tmp-") })
        try await expectOtherIsFine()
    }

    @Test(arguments: ["0", "01", "-1", "+2", "2x", "", " 2", "99999999999999999999999"])
    func versionThatIsNoNumber(_ version: String) async throws {
        try await expectSetAside(Array("mta-sts-policy \(version)\n".utf8), version)
    }

    @Test func newestHundredAreKept() async throws {
        for number in 0..<130 { try await expectSetAside([UInt8](repeating: 0x61, count: number), "\(number)") }
        let kept = scratch.names(in: "damaged")
        #expect(kept.count == 100)
        #expect(kept.allSatisfy { $0.hasSuffix("-example.com.p") })
    }

    /// What cannot be set aside is reported and stays in nobody's way.
    @Test func damagedFolderCannotBeMade() async throws {
        try write([1], to: scratch.store + "/damaged")
        try write([1], to: file)
        #expect(try await store.entry(for: domain) == nil)
        #expect(problems.all.map(\.kind) == [.damaged(setAsideAs: nil)])
        #expect(try await store.put(cached("new.example"), for: domain, replacing: nil))
        #expect(try await store.entry(for: domain)?.policy == cached("new.example"))
    }

    @Test(.proves("R-CACHE-14")) func leftoversAreSwept() async throws {
        let folder = (file as NSString).deletingLastPathComponent
        let leftovers = [folder + "/.tmp-0123456789abcdef", scratch.store + "/.tmp-fedcba9876543210"]
        let inUse = folder + "/.tmp-00000000000000aa"
        for path in leftovers + [inUse] { try write(Array(whole.prefix(50)), to: path) }
        let lock = try #require(FileHandle(forUpdatingAtPath: inUse))
        #expect(flock(lock.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
        let again = try FilePolicyStore(directory: scratch.store, reportProblem: problems.report)
        for path in leftovers { #expect(!FileManager.default.fileExists(atPath: path)) }
        #expect(FileManager.default.fileExists(atPath: inUse), "its writer is at work")
        try lock.close()
        #expect(try await again.entries(after: nil, limit: 10).entries.count == 2)
        #expect(!FileManager.default.fileExists(atPath: inUse), "reading the folder sweeps too")
        #expect(try await again.entry(for: domain)?.policy == cached())
        #expect(problems.all.isEmpty)
    }

    /// The revision is part of the file: what another process writes, within whatever time, changes it.
    @Test func revisionsOfTwoStores() async throws {
        let other = try FilePolicyStore(directory: scratch.store)
        var seen: Set<StoreRevision> = []
        for _ in 0..<50 {
            for store in [store, other] {
                let old = try #require(await store.entry(for: domain))
                #expect(seen.insert(old.revision).inserted)
                #expect(try await store.put(cached(), for: domain, replacing: old.revision))
            }
        }
    }
}
