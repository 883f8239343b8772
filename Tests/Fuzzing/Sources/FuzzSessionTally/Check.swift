// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import STSCore
import TLSRPT

/// A tally's text as it is, and with the checksums that its lines should have.
func check(_ octets: [UInt8]) {
    checkText(octets)
    checkText(mended(octets))
}

private func checkText(_ octets: [UInt8]) {
    let limits = SessionLimits()
    let reading = SessionTally.read(octets, limits: limits)
    let lines = octets.count { $0 == 0x0A } + 1
    require((0...lines).contains(reading.damagedLineCount), "a line is damaged once")
    require(reading.damagedLines.count == min(100, reading.damagedLineCount), "damaged lines are told up to a bound")
    require(
        reading.damagedLines.allSatisfy { $0.offset < octets.count && (1...lines).contains($0.number) },
        "the place of a damaged line is within the text"
    )
    let tally = reading.tally
    let totals = tally.totals
    let possible = 0...SessionTotals.maximum
    require(possible.contains(totals.successful) && possible.contains(totals.failed), "totals are bounded")
    let domains = tally.reportDays.reduce(0) { $0 + tally.domains(on: $1).count }
    require(domains <= lines, "a domain has a line")

    let again = SessionTally.read(tally.text, limits: limits)
    require(again.damagedLineCount == 0, "what is written can be read")
    require(again.tally.totals == totals, "no session is lost")
    if isWithin(limits, tally) {
        require(again.tally == tally, "read(text) is the tally")
        require(again.tally.text == tally.text, "the text is the same for the same tally")
    }
    let low = SessionLimits(domains: 2, policies: 2, details: 2, stringOctets: 8, policyOctets: 64)
    let bounded = SessionTally.read(octets, limits: low)
    require(bounded.tally.totals == totals, "bounds lose no session")
    require(bounded.damagedLineCount == reading.damagedLineCount, "bounds damage no line")
    require(bounded.tally.reportDays.reduce(0) { $0 + bounded.tally.domains(on: $1).count } <= 2, "domains are bounded")
}

/// Whether no bound is reached: then the order of merging means nothing.
private func isWithin(_ limits: SessionLimits, _ tally: SessionTally) -> Bool {
    guard let submitter = DomainName("sender.example"),
        let sender = try? ReportSender(organizationName: "o", contactInfo: "a@sender.example", submitter: submitter)
    else { return false }
    return tally.reportDays.allSatisfy { day in
        tally.reports(for: day, from: sender).values.allSatisfy { report in
            report.policies.count < limits.policies
                && report.policies.allSatisfy { $0.failureDetails.count < limits.details }
        }
    }
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
