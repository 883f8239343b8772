// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import STSCore
import TLSRPT

/// A tally's text with the checksums that its lines should have, and as it is.
func check(_ octets: [UInt8]) {
    let text = mended(octets)
    checkText(text)
    // Of a line whose checksum is wrong there is nothing but the damage.
    if text != octets { _ = checkedReading(octets) }
}

/// Bounds that no text of at most 1,024 octets reaches: a policy takes 18 octets at least, a failure 16.
private let limits = SessionLimits(policies: 64, details: 64)

private func checkedReading(_ octets: [UInt8]) -> SessionTally.Reading {
    let reading = SessionTally.read(octets, limits: limits)
    let lines = octets.count { $0 == 0x0A } + 1
    require((0...lines).contains(reading.damagedLineCount), "a line is damaged once")
    require(reading.damagedLines.count == min(100, reading.damagedLineCount), "damaged lines are told up to a bound")
    require(
        reading.damagedLines.allSatisfy { $0.offset < octets.count && (1...lines).contains($0.number) },
        "the place of a damaged line is within the text"
    )
    return reading
}

private func checkText(_ octets: [UInt8]) {
    let reading = checkedReading(octets)
    let tally = reading.tally
    let totals = tally.totals
    let possible = 0...SessionTotals.maximum
    require(possible.contains(totals.successful) && possible.contains(totals.failed), "totals are bounded")
    let domains = tally.reportDays.reduce(0) { $0 + tally.domains(on: $1).count }
    require(domains <= octets.count { $0 == 0x0A }, "a domain has a line")

    let written = tally.text
    let again = SessionTally.read(written, limits: limits)
    require(again.damagedLineCount == 0, "what is written can be read")
    require(again.tally.totals == totals, "no session is lost")
    // Where no bound is reached the order of merging means nothing.
    if octets.count <= 1_024 {
        require(again.tally == tally, "read(text) is the tally")
        require(again.tally.text == written, "the text is the same for the same tally")
    }
    let low = SessionLimits(domains: 2, policies: 2, details: 2, stringOctets: 8, policyOctets: 64)
    let bounded = SessionTally.read(octets, limits: low)
    require(bounded.tally.totals == totals, "bounds lose no session")
    require(bounded.damagedLineCount == reading.damagedLineCount, "bounds damage no line")
    require(bounded.tally.reportDays.reduce(0) { $0 + bounded.tally.domains(on: $1).count } <= 2, "domains are bounded")
}

/// The text with the checksum of each line that has a place for one, FNV-1a in 64 bits.
private func mended(_ octets: [UInt8]) -> [UInt8] {
    let lines = octets.split(separator: 0x0A, omittingEmptySubsequences: false).map { line -> [UInt8] in
        guard line.count > 19, line.starts(with: [0x31, 0x20]) else { return Array(line) }
        let rest = line.dropFirst(19)
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for octet in rest { hash = (hash ^ UInt64(octet)) &* 0x0000_0100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return Array("1 \(String(repeating: "0", count: 16 - digits.utf8.count))\(digits) ".utf8) + rest
    }
    return Array(lines.joined(separator: [0x0A]))
}
