// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import STSCore
import TLSRPT

func check(_ octets: [UInt8]) {
    let reading: TLSReport.Reading
    do throws(TLSReport.ParseError) {
        reading = try TLSReport.read(json: octets)
    } catch {
        require((0...octets.count).contains(error.offset), "the offset of an error is within the text")
        require(!error.description.isEmpty, "an error has words")
        require(error.path.utf8.count <= 64 + 8 * octets.count, "the path of an error is bounded by the text")
        return
    }
    let named = reading.deviations.count
    require(named <= TLSReport.Reading.maximumDeviations, "deviations are bounded")
    require(reading.omittedDeviations >= 0, "deviations that are left out are counted")
    require(
        reading.omittedDeviations == 0 || named == TLSReport.Reading.maximumDeviations,
        "deviations are left out beyond the bound alone"
    )
    require(!reading.conforms || !reading.deviations.contains { $0.isBreach }, "what conforms has no breach")
    let text = reading.report.json()
    guard let again = try? TLSReport.read(json: text) else { return require(false, "what is written can be read") }
    require(again.report.json() == text, "what is written stays as it is")
    // Noncharacters became U+FFFD on the way.
    let isPlain = reading.omittedDeviations == 0 && !reading.deviations.contains { $0.kind == .noncharacter }
    require(!isPlain || same(again.report, reading.report), "read(write(report)) is the report")
    _ = reading.report.faultsForSending
}

/// Whether a report that was written and read is the same, but for what the writer puts right by its documentation.
private func same(_ written: TLSReport, _ report: TLSReport) -> Bool {
    var report = report
    guard written.policies.count == report.policies.count else { return false }
    for (entry, policy) in written.policies.enumerated() {
        let details = policy.failureDetails
        guard details.count == report.policies[entry].failureDetails.count else { return false }
        for (index, detail) in details.enumerated() {
            let original = report.policies[entry].failureDetails[index]
            guard isShortened(detail.receivingMXHostname, original.receivingMXHostname),
                isShortened(detail.receivingMXHelo, original.receivingMXHelo),
                isShortened(detail.failureReasonCode, original.failureReasonCode),
                isCanonical(detail.receivingIP, original.receivingIP),
                isCanonical(detail.sendingMTAIP, original.sendingMTAIP)
            else { return false }
            report.policies[entry].failureDetails[index].receivingMXHostname = detail.receivingMXHostname
            report.policies[entry].failureDetails[index].receivingMXHelo = detail.receivingMXHelo
            report.policies[entry].failureDetails[index].failureReasonCode = detail.failureReasonCode
            report.policies[entry].failureDetails[index].receivingIP = detail.receivingIP
            report.policies[entry].failureDetails[index].sendingMTAIP = detail.sendingMTAIP
        }
    }
    return written == report
}

/// Whether a peer's text came back, or without control characters, final dots and what is above a length.
private func isShortened(_ written: String?, _ original: String?) -> Bool {
    guard let original else { return written == nil }
    guard let written else {
        return original.unicodeScalars.allSatisfy { $0 == "." || $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
    }
    return written.utf8.count <= original.utf8.count && !written.isEmpty
}

/// Whether an address came back, or in its canonical form.
private func isCanonical(_ written: String?, _ original: String?) -> Bool {
    guard let written, let original else { return written == original }
    return written == original || IPAddress(written) != nil
}
