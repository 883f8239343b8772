// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import MTASTSZLIB
import TLSRPT

private let compression = ZLIBCompression()
private let limit = 1 << 16

func check(_ octets: [UInt8]) {
    checkGzip(octets)
    checkZIP(octets)
    guard let packed = try? compression.gzip(octets) else { return require(false, "anything can be compressed") }
    require((try? compression.gunzip(packed, limit: octets.count)) == octets, "gunzip(gzip(x)) is x")
    let joined = try? compression.gunzip(packed + packed, limit: 2 * octets.count)
    require(joined == octets + octets, "members are joined")
    // 5 octets for each block of 16,383 at least, and header and end (RFC 1951 section 3.2.4).
    require(packed.count <= octets.count + octets.count / 1_000 + 64, "what is compressed hardly grows")
}

private func checkGzip(_ octets: [UInt8]) {
    guard let content = try? compression.gunzip(octets, limit: limit) else { return }
    require(content.count <= limit, "the limit of gzip is kept")
    require((try? compression.gunzip(octets, limit: content.count)) == content, "a limit that is met is none")
    guard !content.isEmpty else { return }
    do throws(CompressionFailure) {
        _ = try compression.gunzip(octets, limit: content.count - 1)
        require(false, "a lower limit refuses")
    } catch {
        require(error == .tooLarge(limit: content.count - 1), "the limit is the reason")
    }
}

private func checkZIP(_ octets: [UInt8]) {
    guard let files = try? compression.unzip(octets, limit: limit) else { return }
    let sum = files.reduce(0) { $0 + $1.content.count }
    require(sum <= limit, "the limit of zip is kept")
    require(files.count <= octets.count / 46, "a file has an entry in the directory")
    require(files.reduce(0) { $0 + $1.name.utf8.count } <= 3 * octets.count, "names are bounded by the archive")
    require((try? compression.unzip(octets, limit: sum)) == files, "a limit that is met is none")
    guard sum > 0 else { return }
    require((try? compression.unzip(octets, limit: sum - 1)) == nil, "a lower limit refuses")
}
