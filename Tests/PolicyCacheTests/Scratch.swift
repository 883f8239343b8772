// SPDX-License-Identifier: Apache-2.0

import Foundation
import PolicyCache
import STSCore
import STSPolicy
import STSRecord
import Synchronization

/// A folder of its own for one test, removed with the value.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "sts-store-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The store's folder, not made yet.
    var store: String { path + "/store" }

    /// The one file of a domain, found by its name alone.
    func file(of domain: String) throws -> String {
        let files = try FileManager.default.subpathsOfDirectory(atPath: store)
        let found = files.filter { $0.hasSuffix("/\(domain).p") && !$0.hasPrefix("damaged/") }
        guard let only = found.first, found.count == 1 else { throw Missing(what: "the file of \(domain): \(found)") }
        return store + "/" + only
    }

    /// The names in a sub-folder of the store, in order.
    func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: store + "/" + folder)) ?? []).sorted()
    }

    struct Missing: Error { let what: String }
}

func octets(_ path: String) throws -> [UInt8] {
    // `Data(contentsOf:)` of an empty file leaks its buffer of 4 KiB, which the leak checker of `Tests/sanitize` tells.
    let file = try FileHandle(forReadingFrom: URL(filePath: path))
    defer { try? file.close() }
    return [UInt8](try file.readToEnd() ?? Data())
}

func write(_ octets: [UInt8], to path: String) throws {
    // Not atomically: the file itself is damaged, as a disk would.
    try Data(octets).write(to: URL(filePath: path))
}

/// Collects what a store reports.
final class Problems: Sendable {
    private let state = Mutex<[StoreProblem]>([])
    var all: [StoreProblem] { state.withLock { $0 } }
    var report: @Sendable (StoreProblem) -> Void { { problem in self.state.withLock { $0.append(problem) } } }
    func clear() { state.withLock { $0 = [] } }
}

func name(_ text: String) throws -> DomainName { try DomainName(parsing: text) }

func time(_ seconds: Int64) -> UnixTime { UnixTime(secondsSinceEpoch: seconds) }

/// A policy fetched at `fetched`; `mx` tells one from another.
func cached(
    _ mx: String = "mx.example",
    mode: STSPolicy.Mode = .enforce,
    maxAge: Int = 100,
    fetched: Int64 = 1_000,
    id: String? = "a1"
) throws -> CachedPolicy {
    let text = "version: STSv1\nmode: \(mode.rawValue)\nmx: \(mx)\nmax_age: \(maxAge)\n"
    return CachedPolicy(
        policy: try STSPolicy(parsing: text),
        recordID: id.flatMap { STSRecord.ID($0) },
        fetchedAt: time(fetched)
    )
}
