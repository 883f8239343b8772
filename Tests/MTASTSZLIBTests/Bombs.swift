// SPDX-License-Identifier: Apache-2.0

#if ZLIB
import CSystemZLIB

/// Zeros, deflated without ever being held.
struct Zeros {
    let deflated: [UInt8]
    let checksum: UInt32
    let count: Int

    init(count: Int) {
        let piece = [UInt8](repeating: 0, count: 1 << 20)
        var stream = z_stream()
        var output = [UInt8](repeating: 0, count: 1 << 16)
        var result: [UInt8] = []
        var sum: UInt = 0
        var left = count
        let size = Int32(MemoryLayout<z_stream>.size)
        deflateInit2_(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        piece.withUnsafeBufferPointer { source in
            repeat {
                let part = min(left, source.count)
                left -= part
                sum = CSystemZLIB.crc32(sum, source.baseAddress, UInt32(part))
                stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.avail_in = UInt32(part)
                repeat {
                    output.withUnsafeMutableBufferPointer { target in
                        stream.next_out = target.baseAddress
                        stream.avail_out = UInt32(target.count)
                        deflate(&stream, left == 0 ? Z_FINISH : Z_NO_FLUSH)
                    }
                    result += output[..<(output.count - Int(stream.avail_out))]
                } while stream.avail_out == 0
            } while left > 0
        }
        deflateEnd(&stream)
        deflated = result
        checksum = UInt32(truncatingIfNeeded: sum)
        self.count = count
    }

    var gzip: [UInt8] { [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3] + deflated + le(Int(checksum), 4) + le(count, 4) }

    func zip(claimedSize: Int? = nil) -> [UInt8] {
        var builder = ZIPBuilder()
        builder.files = [
            .init(
                name: Array("zeros.json".utf8),
                method: 8,
                checksum: checksum,
                data: deflated,
                size: claimedSize ?? count
            )
        ]
        return builder.octets
    }
}

/// Archives whose files share their data.
enum OverlapBomb {
    /// Every entry of the directory names the same local header.
    static func same(entries: Int, zeros: Zeros) -> [UInt8] {
        let name = Array("a".utf8)
        let file = ZIPBuilder.File(
            name: name,
            method: 8,
            checksum: zeros.checksum,
            data: zeros.deflated,
            size: zeros.count
        )
        var builder = ZIPBuilder()
        builder.files = [file]
        for _ in 1..<entries {
            var copy = file
            copy.packedSize = file.data.count
            copy.offset = 0
            copy.data = []
            builder.files.append(copy)
        }
        // The copies' local headers, without data, lie there unused.
        return builder.octets
    }

    /// Each file is a stored block that quotes the next file's local header, and the next file: the way of the known
    /// 42 kB bomb. Every file is right for itself.
    static func quoting(entries: Int, zeros: Zeros) -> [UInt8] {
        let last = ZIPBuilder.File(
            name: le(entries - 1, 2),
            method: 8,
            checksum: zeros.checksum,
            data: zeros.deflated,
            size: zeros.count
        )
        var files = [last]
        for index in (0..<entries - 1).reversed() {
            guard let next = files.last else { break }
            let header = ZIPBuilder.localHeader(next)
            let quote = [0] + le(header.count, 2) + le(~header.count, 2) + header
            // The checksum of what is quoted is left out: overlap is to be found before anything is expanded.
            files.append(
                .init(
                    name: le(index, 2),
                    method: 8,
                    checksum: 0,
                    data: quote + next.data,
                    size: header.count + next.size
                )
            )
        }
        files.reverse()
        guard let first = files.first else { return [] }
        var builder = ZIPBuilder()
        var offset = 0
        for (index, file) in files.enumerated() {
            var entry = file
            entry.offset = offset
            entry.packedSize = file.data.count
            entry.data = index == 0 ? first.data : []
            // Next to this header, behind the five octets of the stored block.
            offset += ZIPBuilder.localHeader(file).count + 5
            builder.files.append(entry)
        }
        return builder.octets
    }
}
#endif
