// SPDX-License-Identifier: Apache-2.0

#if ZLIB
import Foundation
import MTASTSZLIB
import RequirementTrait
import TLSRPT
import Testing

/// One after another, since some measure the memory of the process.
@Suite("zlib", .serialized) enum ZLIBTests {}

/// What a call took.
struct Cost {
    /// Processor time of this thread.
    let seconds: Double
    /// The growth of the most memory that was ever resident.
    let octets: Int

    static func of(_ body: () -> Void) throws -> Cost {
        // "5" sets the peak back to what is resident now (proc(5)).
        try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"), options: [])
        let memory = try peak()
        let time = processorTime()
        body()
        return Cost(seconds: processorTime() - time, octets: try peak() - memory)
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func peak() throws -> Int {
        let status = try String(contentsOf: URL(filePath: "/proc/self/status"), encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.filter(\.isNumber))) * 1_024
    }
}

extension ZLIBTests {
    @Suite("bombs")
    struct BombTests {
        static let bomb = Zeros(count: 1 << 30)
        private let limit = 64 << 20
        private let compression = ZLIBCompression()

        private func refused(
            _ expected: CompressionFailure,
            _ body: () throws(CompressionFailure) -> some Any,
            _ location: SourceLocation = #_sourceLocation
        ) throws {
            var found: CompressionFailure?
            let cost = try Cost.of { found = failure(body) }
            #expect(found == expected, sourceLocation: location)
            // What is refused is never kept: far less than the limit.
            #expect(cost.octets < 4 << 20, "\(cost)", sourceLocation: location)
            #expect(cost.seconds < 1, "\(cost)", sourceLocation: location)
            print("bomb: \(cost.octets / 1_024) KiB, \(Int(cost.seconds * 1_000)) ms, \(expected)")
        }

        @Test(.proves("R-SEND-02")) func gibibyteOfZerosInGzip() throws {
            let octets = Self.bomb.gzip
            #expect(octets.count < 2 << 20)
            try refused(.tooLarge(limit: limit)) { () throws(CompressionFailure) in
                try compression.gunzip(octets, limit: limit)
            }
        }

        /// The bomb is a right one: with room for less than all, the very last octet is missed.
        @Test func bombIsReal() throws {
            let octets = Self.bomb.gzip
            let limit = Self.bomb.count - 1
            let found = failure { () throws(CompressionFailure) in try compression.gunzip(octets, limit: limit) }
            #expect(found == .tooLarge(limit: limit))
        }

        @Test(arguments: [nil, 1, 1 << 20])
        func gibibyteOfZerosInZip(claimedSize: Int?) throws {
            let octets = Self.bomb.zip(claimedSize: claimedSize)
            try refused(.tooLarge(limit: limit)) { () throws(CompressionFailure) in
                try compression.unzip(octets, limit: limit)
            }
        }

        /// What comes out of an archive is not opened in its turn.
        @Test func nested() throws {
            let inner = Self.bomb.zip()
            let gzip = try compression.gzip(inner)
            #expect(try compression.gunzip(gzip, limit: limit) == inner)
            var builder = ZIPBuilder()
            builder.store("zeros.gz", Self.bomb.gzip)
            #expect(
                try compression.unzip(builder.octets, limit: limit) == [
                    ArchiveFile(name: "zeros.gz", content: Self.bomb.gzip)
                ]
            )
        }

        @Test func manyFilesTogether() throws {
            let zeros = Zeros(count: 1 << 20)
            var builder = ZIPBuilder()
            for index in 0..<1_000 {
                builder.files.append(
                    .init(
                        name: le(index, 2),
                        method: 8,
                        checksum: zeros.checksum,
                        data: zeros.deflated,
                        size: zeros.count
                    )
                )
            }
            let octets = builder.octets
            var found: CompressionFailure?
            let cost = try Cost.of {
                found = failure { () throws(CompressionFailure) in try compression.unzip(octets, limit: limit) }
            }
            #expect(found == .tooLarge(limit: limit))
            // The files before the limit were kept.
            #expect(cost.octets < limit + 4 << 20, "\(cost)")
            #expect(cost.seconds < 1, "\(cost)")
        }

        /// No more than the limit is used for what is let through either.
        @Test func justWithinTheLimit() throws {
            let zeros = Zeros(count: limit)
            let octets = zeros.gzip
            var count = 0
            let cost = try Cost.of { count = (try? compression.gunzip(octets, limit: limit).count) ?? 0 }
            #expect(count == limit)
            #expect(cost.octets < limit + 4 << 20, "\(cost)")
        }

        @Test func overlap() throws {
            let zeros = Zeros(count: 21 << 20)
            for octets in [
                OverlapBomb.same(entries: 250, zeros: zeros), OverlapBomb.quoting(entries: 250, zeros: zeros),
            ] {
                #expect(octets.count < 100_000)
                try refused(.damaged(reason: "files overlap")) { () throws(CompressionFailure) in
                    try compression.unzip(octets, limit: .max)
                }
            }
            // One file of them alone is right.
            let alone = OverlapBomb.quoting(entries: 1, zeros: zeros)
            #expect(try compression.unzip(alone, limit: limit).map(\.content.count) == [21 << 20])
        }

        @Test func emptyMembers() throws {
            let member = try compression.gzip([])
            let octets = Array(repeatElement(member, count: 100_000).joined())
            try refused(.unsupported(reason: "more than 10000 members")) { () throws(CompressionFailure) in
                try compression.gunzip(octets, limit: limit)
            }
        }
    }
}
#endif
