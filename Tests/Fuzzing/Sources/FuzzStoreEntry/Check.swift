// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
@_spi(Fuzzing) import PolicyCache
import STSCore
import STSRecord

/// A file of the store as it is, and with the checksum that it should have.
func check(_ octets: [UInt8]) {
    checkFile(octets)
    if let mended = mended(octets) { checkFile(mended) }
}

private func checkFile(_ octets: [UInt8]) {
    guard let domain = DomainName("example.com"),
        let entry = StoreEntryReader.entry(in: octets, domain: domain)
    else { return }
    require(entry.domain == domain, "an entry is that of its domain")
    require(StoreEntryReader.octets(of: entry) == octets, "write(read(file)) is the file")
    require(entry.policy.policy.text.count < octets.count, "the policy is a part of the file")
}

/// The file with the right checksum; nil if there is no line for it.
private func mended(_ octets: [UInt8]) -> [UInt8]? {
    let mark = Array("checksum: ".utf8)
    guard let start = octets.indices.first(where: { octets[$0...].starts(with: mark) }),
        let end = octets[start...].firstIndex(of: 0x0A), end + 2 <= octets.count
    else { return nil }
    let checksum = STSRecord.ID(hashing: Array(octets[..<start]) + octets[(end + 2)...])
    return Array(octets[..<start]) + mark + Array("\(checksum)".utf8) + octets[end...]
}
