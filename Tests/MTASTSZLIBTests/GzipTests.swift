// SPDX-License-Identifier: Apache-2.0

#if ZLIB
import MTASTSZLIB
import TLSRPT
import Testing
import VectorSupport

private let compression = ZLIBCompression()
private let limit = 1 << 20

/// Octets that show as their name in the list of tests.
struct Sample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let octets: [UInt8]

    init(_ name: String, _ octets: [UInt8]) {
        testDescription = name
        self.octets = octets
    }
}

/// The failure of a call that must fail; nil if it does not.
func failure(_ body: () throws(CompressionFailure) -> some Any) -> CompressionFailure? {
    do throws(CompressionFailure) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

extension CompressionFailure {
    var isDamaged: Bool {
        if case .damaged = self { true } else { false }
    }

    var isUnsupported: Bool {
        if case .unsupported = self { true } else { false }
    }
}

extension ZLIBTests {
    @Suite("gzip")
    struct GzipTests {
        @Test(arguments: [0, 1, 2, 100, 65_535, 65_536, 65_537, 300_000])
        func roundTrip(count: Int) throws {
            var generator = SeededGenerator(seed: UInt64(count))
            // Half of it compresses, half does not.
            let octets = (0..<count).map {
                $0 < count / 2 ? UInt8($0 % 7) : UInt8.random(in: 0...255, using: &generator)
            }
            let packed = try compression.gzip(octets)
            #expect(try compression.gunzip(packed, limit: count) == octets)
            #expect(try compression.gzip(octets) == packed)
            // Magic, deflate, no flags, no time, nothing about the system.
            #expect(packed.prefix(10) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])
            #expect(packed.suffix(8) == le(Int(crc32(octets)), 4) + le(count, 4))
            #expect(
                failure { () throws(CompressionFailure) in try compression.gunzip(packed, limit: count - 1) }
                    == .tooLarge(limit: count - 1)
            )
        }

        @Test(arguments: [
            Sample("plain", Fixtures.gzipPlain), Sample("stored", Fixtures.gzipStored),
            Sample("named", Fixtures.gzipNamed), Sample("every header field", Fixtures.gzipEveryHeaderField),
            Sample("members", Fixtures.gzipMembers),
        ])
        func others(sample: Sample) throws {
            let octets = sample.octets
            #expect(!octets.isEmpty)
            #expect(try compression.gunzip(octets, limit: limit) == Fixtures.report)
            #expect(try compression.gunzip(octets, limit: Fixtures.report.count) == Fixtures.report)
            let less = Fixtures.report.count - 1
            #expect(
                failure { () throws(CompressionFailure) in try compression.gunzip(octets, limit: less) }
                    == .tooLarge(limit: less)
            )
        }

        @Test func cutShort() {
            for octets in [Fixtures.gzipEveryHeaderField, Fixtures.gzipMembers] {
                for count in 0..<octets.count {
                    let cut = Array(octets[..<count])
                    let failure = failure { () throws(CompressionFailure) in try compression.gunzip(cut, limit: limit) }
                    if failure == nil {
                        // Only a whole number of members may pass.
                        #expect(octets == Fixtures.gzipMembers && octets[count] == 0x1F, "\(count) of \(octets.count)")
                    } else {
                        #expect(failure?.isDamaged == true, "\(count) of \(octets.count)")
                    }
                }
            }
        }

        /// A flipped bit is found, or it was one that says nothing of the content.
        @Test func flipped() throws {
            let octets = Fixtures.gzipPlain
            for index in octets.indices {
                for bit in 0..<8 {
                    var flipped = octets
                    flipped[index] ^= 1 << bit
                    if let result = try? compression.gunzip(flipped, limit: limit) {
                        // FTEXT, the time, XFL and the system (RFC 1952 section 2.3.1), and what fills up the last
                        // octet before the checksum.
                        let isIdle = index == 3 && bit == 0 || (4...9).contains(index) || index == octets.count - 9
                        #expect(isIdle && result == Fixtures.report, "octet \(index), bit \(bit)")
                    }
                }
            }
            // The header's own checksum is looked at too.
            var damaged = Fixtures.gzipEveryHeaderField
            damaged[5] ^= 1
            #expect(
                failure { () throws(CompressionFailure) in try compression.gunzip(damaged, limit: limit) }
                    == .damaged(reason: "header crc mismatch")
            )
        }

        @Test func afterTheLastMember() throws {
            let octets = Fixtures.gzipPlain
            for count in [1, 511, 70_000] {
                let padded = octets + [UInt8](repeating: 0, count: count)
                #expect(try compression.gunzip(padded, limit: limit) == Fixtures.report)
                #expect(
                    failure { () throws(CompressionFailure) in try compression.gunzip(padded + [1], limit: limit) }
                        == .damaged(reason: "octets follow the last member")
                )
            }
            for rest: [UInt8] in [[0x0A], Array("text".utf8), [0x1F], [0x1F, 0x8B], [0, 0x1F, 0x8B], [0] + octets] {
                let failure = failure { () throws(CompressionFailure) in
                    try compression.gunzip(octets + rest, limit: limit)
                }
                #expect(failure?.isDamaged == true, "\(rest)")
            }
        }

        @Test func nothingToRead() {
            for octets: [UInt8] in [[], [0x1F], [0x1F, 0x8B], Array("{}".utf8), [0, 0, 0], Fixtures.zipStored] {
                let failure = failure { () throws(CompressionFailure) in try compression.gunzip(octets, limit: limit) }
                #expect(failure?.isDamaged == true)
            }
        }

        @Test func limitsAtTheEdge() throws {
            let empty = try compression.gzip([])
            #expect(try compression.gunzip(empty, limit: 0) == [])
            #expect(try compression.gunzip(empty, limit: .max) == [])
            for least in [-1, Int.min] {
                #expect(
                    failure { () throws(CompressionFailure) in try compression.gunzip(empty, limit: least) }
                        == .tooLarge(limit: least)
                )
            }
        }

        @Test func members() throws {
            let member = try compression.gzip([1])
            let most = Array(repeatElement(member, count: ZLIBCompression.maximumMembers).joined())
            #expect(try compression.gunzip(most, limit: limit).count == ZLIBCompression.maximumMembers)
            #expect(
                failure { () throws(CompressionFailure) in try compression.gunzip(most + member, limit: limit) }
                    == .unsupported(reason: "more than 10000 members")
            )
        }
    }
}
#endif
