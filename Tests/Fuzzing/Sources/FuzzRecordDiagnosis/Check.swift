// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import STSRecord

/// Octet 1 ends a character-string, octet 2 a resource record.
func check(_ octets: [UInt8]) {
    let resourceRecords = octets.split(separator: 2, omittingEmptySubsequences: false).map { record in
        record.split(separator: 1, omittingEmptySubsequences: false).map { Array($0) }
    }
    let texts = resourceRecords.map { Array($0.joined()) }
    for text in texts {
        let diagnosis = STSRecord.diagnose(text)
        let record = try? STSRecord(parsing: text)
        require((try? diagnosis.verdict.get()) == record, "the verdict is the parser's")
        require(
            diagnosis.findings.contains { $0.severity == .error } == (record == nil),
            "there is an error if senders refuse, and only then"
        )
        require(diagnosis.findings.count <= STSRecord.Diagnosis.maximumFindings + 2, "findings are bounded")
        for finding in diagnosis.findings { check(finding, [text]) }
    }
    // A set of one is diagnosed as its record: that is looked at once in four lengths.
    guard texts.count != 1 || octets.count.isMultiple(of: 4) else { return }
    let diagnosis = STSRecord.diagnose(resourceRecords: resourceRecords)
    require(diagnosis.selection == STSRecord.select(from: resourceRecords), "the selection is the sender's")
    var isRecord = false
    if case .record = diagnosis.selection { isRecord = true }
    require(
        diagnosis.findings.contains { $0.severity == .error } == !isRecord,
        "there is an error if there is no one valid record, and only then"
    )
    require(diagnosis.findings.count <= STSRecord.Diagnosis.maximumFindings + 2, "findings of a set are bounded")
    for finding in diagnosis.findings { check(finding, texts) }
}

private func check(_ finding: STSRecord.Finding, _ texts: [[UInt8]]) {
    guard texts.indices.contains(finding.resourceRecord) else { return require(false, "it is about a record") }
    let text = texts[finding.resourceRecord]
    require(finding.octets.upperBound <= text.count, "a finding is within the text")
    require((1...text.count + 1).contains(finding.line), "the line of a finding is one of the text")
    require((1...text.count + 1).contains(finding.column), "the column of a finding is within the text")
    require(!holdsControlCharacters(finding.message), "a message holds no control characters")
    require((1...2_000).contains(finding.message.utf8.count), "a message is bounded")
}
