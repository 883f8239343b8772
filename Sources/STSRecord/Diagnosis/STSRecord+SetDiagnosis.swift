// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TextDiagnosis

extension STSRecord {
    /// Examines all TXT records at `_mta-sts.` and a domain.
    ///
    /// - Parameter resourceRecords: Each resource record as its list of character-strings, in any order.
    public static func diagnose(resourceRecords: [[[UInt8]]]) -> SetDiagnosis {
        let selection = select(from: resourceRecords)
        let texts = resourceRecords.map { Array($0.joined()) }
        var findings: [Finding] = []
        if texts.count == 1 {
            findings = diagnose(texts[0]).findings
        } else {
            findings = setFindings(of: texts)
        }
        let limit = Diagnosis.maximumFindings
        guard findings.count > limit + 2 else { return SetDiagnosis(findings: findings, selection: selection) }
        // The reason for a refusal is never what is left out.
        let errors = findings[limit...].first { $0.severity == .error }.map { [$0] } ?? []
        let last = Finding(
            .moreFindings,
            .note,
            resourceRecord: texts.count - 1,
            count: 0,
            "More findings were left out: \(findings.count - limit). Repair those above and run the check again."
        )
        return SetDiagnosis(findings: findings[..<limit] + errors + [last], selection: selection)
    }

    /// What an examination of all TXT records at the name found.
    ///
    /// If there is no one valid record, there is a finding of severity ``Severity/error``, and only then.
    public struct SetDiagnosis: Sendable {
        /// What was found, resource record by resource record.
        public let findings: [Finding]

        /// What senders make of the resource records.
        public let selection: Selection
    }

    /// The findings about none or several resource records.
    private static func setFindings(of texts: [[UInt8]]) -> [Finding] {
        // The filter of section 3.1: what does not begin so is dropped.
        let candidates = texts.indices.filter { texts[$0].starts(with: "v=STSv1;".utf8) }
        guard let first = candidates.first else { return findingsWithoutCandidate(texts) }
        var findings: [Finding] = []
        for (index, text) in texts.enumerated() {
            if candidates.count == 1, index == first {
                findings += diagnose(text).findings.map { $0.moved(to: index) }
            } else if candidates.count > 1, text.starts(with: "v=STSv1;".utf8) {
                guard index != first else { continue }
                let same = text == texts[first] ? ", the same twice" : ""
                findings.append(
                    Finding(
                        .several,
                        .error,
                        resourceRecord: index,
                        count: text.count,
                        """
                        There are \(candidates.count) records of MTA-STS at the name\(same): senders take none of them. Leave \
                        one.
                        """
                    )
                )
            } else {
                findings.append(droppedFinding(text, index))
            }
        }
        return findings
    }

    private static func droppedFinding(_ text: [UInt8], _ index: Int) -> Finding {
        guard isMeant(text) else {
            return Finding(
                .unrelated,
                .note,
                resourceRecord: index,
                count: text.count,
                "\"\(excerpt(text[...]))\" is no record of MTA-STS: senders pass over it. Delete it if it is not needed."
            )
        }
        return Finding(
            .dropped,
            .warning,
            resourceRecord: index,
            count: text.count,
            """
            "\(excerpt(text[...]))" does not begin with "v=STSv1;", so senders drop it beside the other record. Delete it, or \
            delete the other and correct this one.
            """
        )
    }

    private static func findingsWithoutCandidate(_ texts: [[UInt8]]) -> [Finding] {
        var findings: [Finding] = []
        for (index, text) in texts.enumerated() {
            if isMeant(text) {
                findings += diagnose(text).findings.map { $0.moved(to: index) }
            } else {
                findings.append(droppedFinding(text, index))
            }
        }
        findings.insert(
            Finding(
                .absent,
                .error,
                resourceRecord: 0,
                count: 0,
                texts.isEmpty
                    ? "There is no TXT record at _mta-sts.YOURDOMAIN: publish \"v=STSv1; id=20260101T000000;\"."
                    : """
                    None of the \(texts.count) TXT records at the name begins with "v=STSv1;": publish \
                    "v=STSv1; id=20260101T000000;".
                    """
            ),
            at: 0
        )
        return findings
    }

    /// Whether a text is likely meant as a record of MTA-STS.
    private static func isMeant(_ text: [UInt8]) -> Bool {
        text.prefix(256).filter { !$0.isBlank }[...].firstPlace(ofWord: "v=sts") != nil
    }
}
