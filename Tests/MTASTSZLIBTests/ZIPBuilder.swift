// SPDX-License-Identifier: Apache-2.0

#if ZLIB
import CSystemZLIB

/// Builds zip archives that may lie. Written apart from the reader: it knows the format's fields by their order.
struct ZIPBuilder {
    struct File {
        var name: [UInt8]
        var flags = 0
        var method = 0
        var checksum: UInt32
        /// The data as packed.
        var data: [UInt8]
        var size: Int
        /// In the directory, where it differs from the truth.
        var packedSize: Int?
        var offset: Int?
        var part = 0
        /// In the local header, where it differs from the directory.
        var localFlags: Int?
        var localMethod: Int?
    }

    var files: [File] = []
    var comment: [UInt8] = []
    var after: [UInt8] = []
    var count: Int?
    var countHere: Int?
    var directorySize: Int?
    var directoryOffset: Int?
    var part = 0

    mutating func store(_ name: String, _ content: [UInt8]) {
        files.append(File(name: Array(name.utf8), checksum: crc32(content), data: content, size: content.count))
    }

    var octets: [UInt8] {
        var result: [UInt8] = []
        var offsets: [Int] = []
        for file in files {
            offsets.append(result.count)
            result += Self.localHeader(file) + file.data
        }
        let start = result.count
        for (file, offset) in zip(files, offsets) { result += Self.directoryEntry(file, at: offset) }
        let size = result.count - start
        result += le(0x0605_4B50, 4) + le(part, 2) + le(part, 2) + le(countHere ?? count ?? files.count, 2)
        result += le(count ?? files.count, 2) + le(directorySize ?? size, 4) + le(directoryOffset ?? start, 4)
        return result + le(comment.count, 2) + comment + after
    }

    static func localHeader(_ file: File) -> [UInt8] {
        le(0x0403_4B50, 4) + le(20, 2) + le(file.localFlags ?? file.flags, 2) + le(file.localMethod ?? file.method, 2)
            + le(0, 4) + le(Int(file.checksum), 4) + le(file.data.count, 4) + le(file.size, 4)
            + le(file.name.count, 2) + le(0, 2) + file.name
    }

    private static func directoryEntry(_ file: File, at offset: Int) -> [UInt8] {
        le(0x0201_4B50, 4) + le(20, 2) + le(20, 2) + le(file.flags, 2) + le(file.method, 2) + le(0, 4)
            + le(Int(file.checksum), 4) + le(file.packedSize ?? file.data.count, 4) + le(file.size, 4)
            + le(file.name.count, 2) + le(0, 2) + le(0, 2) + le(file.part, 2) + le(0, 2) + le(0, 4)
            + le(file.offset ?? offset, 4) + file.name
    }
}

/// A little-endian number.
func le(_ value: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// CRC-32 by zlib; that it is the right one is told by the fixtures.
func crc32(_ octets: [UInt8]) -> UInt32 {
    UInt32(truncatingIfNeeded: CSystemZLIB.crc32(0, octets, UInt32(octets.count)))
}
#endif
