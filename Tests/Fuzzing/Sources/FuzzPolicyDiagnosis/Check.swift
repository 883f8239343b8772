// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import STSPolicy

func check(_ octets: [UInt8]) {
    let diagnosis = STSPolicy.diagnose(octets)
    let sender = try? STSPolicy(parsing: octets)
    let strict = try? STSPolicy(strictlyParsing: octets)
    require((try? diagnosis.sender.get()) == sender, "the sender's verdict is the parser's")
    require((try? diagnosis.strict.get()) == strict, "the strict verdict is the strict parser's")
    let severities = diagnosis.findings.map(\.severity)
    require(severities.contains(.error) == (sender == nil), "there is an error if a sender refuses, and only then")
    if sender != nil, strict == nil {
        require(severities.contains(.warning), "there is a warning if only the strict refuse")
    }
    require(severities.count <= STSPolicy.Diagnosis.maximumFindings + 2, "findings are bounded")
    let lines = octets.count { $0 == 0x0A } + 1
    var last = 0
    for finding in diagnosis.findings {
        require(
            finding.octets.lowerBound >= last && finding.octets.upperBound <= octets.count,
            "findings are in order and within the text"
        )
        last = finding.octets.lowerBound
        require((1...lines).contains(finding.line), "the line of a finding is one of the text")
        require((1...octets.count + 1).contains(finding.column), "the column of a finding is within the text")
        require(!holdsControlCharacters(finding.message), "a message holds no control characters")
        require((1...2_000).contains(finding.message.utf8.count), "a message is bounded")
    }
}
