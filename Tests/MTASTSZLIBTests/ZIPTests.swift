// SPDX-License-Identifier: Apache-2.0

#if ZLIB
import MTASTSZLIB
import TLSRPT
import Testing
import VectorSupport

private let compression = ZLIBCompression()
private let limit = 1 << 20

private func unzipFailure(_ octets: [UInt8], limit: Int = limit) -> CompressionFailure? {
    failure { () throws(CompressionFailure) in try compression.unzip(octets, limit: limit) }
}

/// An archive of two stored files, changed.
private func archive(_ change: (inout ZIPBuilder) -> Void) -> [UInt8] {
    var builder = ZIPBuilder()
    builder.store("a.json", Array("first".utf8))
    builder.store("b.json", Array("second".utf8))
    change(&builder)
    return builder.octets
}

extension ZLIBTests {
    @Suite("zip")
    struct ZIPTests {
        @Test(arguments: [
            Sample("stored", Fixtures.zipStored), Sample("deflated", Fixtures.zipDeflated),
            Sample("streamed", Fixtures.zipStreamed), Sample("local Zip64", Fixtures.zipLocalZip64),
        ])
        func others(sample: Sample) throws {
            let octets = sample.octets
            let expected = [ArchiveFile(name: Fixtures.name, content: Fixtures.report)]
            #expect(try compression.unzip(octets, limit: limit) == expected)
            #expect(try compression.unzip(octets, limit: Fixtures.report.count) == expected)
            let less = Fixtures.report.count - 1
            #expect(unzipFailure(octets, limit: less) == .tooLarge(limit: less))
        }

        @Test func severalFiles() throws {
            #expect(
                try compression.unzip(Fixtures.zipMany, limit: limit) == [
                    ArchiveFile(name: "reports/\(Fixtures.name)", content: Fixtures.report),
                    ArchiveFile(name: "empty.json", content: []),
                    ArchiveFile(name: "reports/grün.txt", content: Array("not a report".utf8)),
                ]
            )
            #expect(try compression.unzip(Fixtures.zipEmpty, limit: 0) == [])
            // The limit is over all files together.
            let two = archive { _ in }
            #expect(try compression.unzip(two, limit: 11).map(\.content.count) == [5, 6])
            #expect(unzipFailure(two, limit: 10) == .tooLarge(limit: 10))
        }

        @Test func otherMethods() {
            #expect(unzipFailure(Fixtures.zipBzip2) == .unsupported(reason: "method 12 of zip archives"))
            #expect(unzipFailure(Fixtures.zipLZMA) == .unsupported(reason: "method 14 of zip archives"))
        }

        @Test func cutShort() {
            for octets in [Fixtures.zipStored, Fixtures.zipStreamed, Fixtures.zipMany] {
                for count in 0..<octets.count {
                    #expect(unzipFailure(Array(octets[..<count]))?.isDamaged == true, "\(count) of \(octets.count)")
                }
                #expect(unzipFailure(octets + [0])?.isDamaged == true)
            }
        }

        /// Whatever is flipped, nothing traps, and what is read without a failure has the right content.
        @Test func flipped() {
            for octets in [Fixtures.zipDeflated, Fixtures.zipMany] {
                for index in octets.indices {
                    for bit in 0..<8 {
                        var flipped = octets
                        flipped[index] ^= 1 << bit
                        let files = try? compression.unzip(flipped, limit: limit)
                        for file in files ?? []
                        where !file.content.isEmpty && file.content != Array("not a report".utf8) {
                            #expect(file.content == Fixtures.report, "octet \(index), bit \(bit)")
                        }
                    }
                }
            }
        }

        @Test func hostileNoise() {
            var generator = SeededGenerator(seed: 8460)
            let octets = Fixtures.zipMany
            for _ in 0..<5_000 {
                var changed = octets
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    let index = Int.random(in: 0..<changed.count, using: &generator)
                    changed[index] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF].randomElement(using: &generator) ?? 0
                }
                for file in (try? compression.unzip(changed, limit: limit)) ?? [] {
                    #expect(file.content.count <= limit)
                }
            }
        }

        @Test func lies() {
            let damaged: [[UInt8]] = [
                archive { $0.files[0].packedSize = 4 },
                archive { $0.files[0].packedSize = 6 },
                archive { $0.files[0].packedSize = 0xFFFF_FFFE },
                archive { $0.files[1].packedSize = 100 },
                archive { $0.files[0].size = 4 },
                archive { $0.files[0].size = 0xFFFF_FFFE },
                archive { $0.files[0].checksum ^= 1 },
                archive { $0.files[0].offset = 1 },
                archive { $0.files[0].offset = 0xFFFF_FFFE },
                archive { $0.files[0].localMethod = 8 },
                archive { $0.files[0].localFlags = 1 },
                archive { $0.count = 1 },
                archive { $0.count = 3 },
                archive { $0.directorySize = 1 },
                archive { $0.directorySize = 0xFFFF_FFFE },
                archive { $0.directoryOffset = 1 },
                archive { $0.directoryOffset = 0xFFFF_FFFE },
                archive { $0.after = [0] },
                archive { $0.files[0].method = 8 },
                archive {
                    $0.files[0].name = []; $0.files[1].offset = 0
                },
            ]
            for (index, octets) in damaged.enumerated() {
                #expect(unzipFailure(octets)?.isDamaged == true, "\(index)")
            }
        }

        @Test func notReadHere() {
            let unsupported: [([UInt8], String)] = [
                (archive { $0.files[0].flags = 1 }, "an encrypted zip archive"),
                (archive { $0.files[0].flags = 0x40 }, "an encrypted zip archive"),
                (archive { $0.files[0].flags = 0x2000 }, "an encrypted zip archive"),
                (archive { $0.files[0].flags = 0x20 }, "a zip archive of patches"),
                (archive { $0.files[1].method = 9 }, "method 9 of zip archives"),
                (archive { $0.part = 1 }, "a zip archive in several parts"),
                (archive { $0.countHere = 1 }, "a zip archive in several parts"),
                (archive { $0.files[0].part = 1 }, "a zip archive in several parts"),
                (archive { $0.count = 0xFFFF }, "a zip archive in the form for large ones (Zip64)"),
                (archive { $0.directorySize = 0xFFFF_FFFF }, "a zip archive in the form for large ones (Zip64)"),
                (archive { $0.directoryOffset = 0xFFFF_FFFF }, "a zip archive in the form for large ones (Zip64)"),
                (archive { $0.files[0].packedSize = 0xFFFF_FFFF }, "a zip archive in the form for large ones (Zip64)"),
                (archive { $0.files[0].size = 0xFFFF_FFFF }, "a zip archive in the form for large ones (Zip64)"),
                (archive { $0.files[0].offset = 0xFFFF_FFFF }, "a zip archive in the form for large ones (Zip64)"),
            ]
            for (octets, reason) in unsupported {
                #expect(unzipFailure(octets) == .unsupported(reason: reason))
            }
        }

        @Test func entries() throws {
            func many(_ count: Int) -> [UInt8] {
                archive { builder in
                    builder.files = []
                    for index in 0..<count { builder.store("\(index)/", []) }
                }
            }
            #expect(try compression.unzip(many(ZLIBCompression.maximumEntries), limit: 0) == [])
            #expect(
                unzipFailure(many(ZLIBCompression.maximumEntries + 1))
                    == .unsupported(reason: "a zip archive of more than 1000 entries")
            )
        }

        @Test func octetsAfterADeflatedFile() throws {
            let content = Array("text".utf8)
            // A stored block, the last one.
            let deflated = [1] + le(content.count, 2) + le(~content.count, 2) + content
            func file(_ data: [UInt8]) -> [UInt8] {
                archive {
                    $0.files = [
                        .init(name: [0x61], method: 8, checksum: crc32(content), data: data, size: content.count)
                    ]
                }
            }
            #expect(try compression.unzip(file(deflated), limit: 4).map(\.content) == [content])
            #expect(unzipFailure(file(deflated + [0])) == .damaged(reason: "octets follow a file's end"))
            #expect(unzipFailure(file(deflated.dropLast())) == .damaged(reason: "it is cut short"))
            #expect(unzipFailure(file([7])) == .damaged(reason: "invalid block type"))
        }

        @Test(arguments: [
            (Sample("UTF-8", Array("gr\u{FC}n".utf8)), 0x0800, "grün"),
            (Sample("UTF-8 that does not say so", Array("gr\u{FC}n".utf8)), 0, "grün"),
            (Sample("code page 437", [0x67, 0x72, 0x81, 0x6E]), 0, "grün"),
            (Sample("the ends of code page 437", [0x80, 0xE1, 0xFE, 0xFF]), 0, "Çß■\u{A0}"),
            (Sample("not UTF-8", [0x61, 0xFF]), 0x0800, "a\u{FFFD}"),
            (Sample("a path", Array("../../etc/passwd".utf8)), 0, "../../etc/passwd"),
            (Sample("controls", Array("a\u{1B}[31m\n\0\u{7F}\u{202E}b\u{2028}\u{85}".utf8)), 0x0800, "a[31mb"),
            (Sample("none", []), 0, ""),
            (Sample("long", [UInt8](repeating: 0x61, count: 65_535)), 0, String(repeating: "a", count: 255)),
        ])
        func names(name: Sample, flags: Int, expected: String) throws {
            let archive = archive {
                $0.files = [.init(name: name.octets, flags: flags, checksum: 0, data: [], size: 0)]
            }
            #expect(try compression.unzip(archive, limit: 0) == [ArchiveFile(name: expected, content: [])])
        }
    }
}
#endif
