// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TextDiagnosis

// Rules about the file as a whole.

extension PolicyExaminer {
    private static let model = "version: STSv1, mode: testing, one mx: HOST for each MX host, max_age: 604800"

    /// Notes what is no text of lines at all; true if there is nothing more to say.
    mutating func examineKindOfDocument(from start: Int) -> Bool {
        let all = start..<octets.count
        guard let first = octets[all].first(where: { !$0.isBlank && $0 != 0x0A && $0 != 0x0D }) else {
            findings.add(.empty, .error, all, "The file is empty. Write the policy into it: \(Self.model).")
            return true
        }
        let head = octets.prefix(4)
        let isUTF16 =
            head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF])
            || head.count == 4 && (head[0] == 0) == (head[2] == 0) && (head[1] == 0) == (head[3] == 0)
                && (head[0] == 0) != (head[1] == 0)
        if isUTF16 {
            findings.add(
                .utf16,
                .error,
                all,
                "The file is in UTF-16 (\"Unicode\"): save it as UTF-8 without a byte order mark."
            )
            return true
        }
        if let kind = Self.binaryKinds.first(where: { head.starts(with: $0.head) })?.name {
            findings.add(.binary, .error, all, "This is \(kind): serve the policy as plain text.")
            return true
        }
        // The second half of a file cut in two begins with a control word.
        let isRTF = first == 0x5C || octets[all].drop { $0 != 0x7B }.hasWordPrefix("{\\rtf")
        switch first {
        case UInt8(ascii: "<"):
            findings.add(
                .html,
                .error,
                all,
                """
                This is a web page or other markup: serve the policy as plain text at /.well-known/mta-sts.txt, and see \
                that no error page or redirect stands in its place.
                """
            )
        case _ where isRTF:
            findings.add(
                .rtf,
                .error,
                all,
                "This is a word processor's file (Rich Text Format): save it as plain text (in TextEdit: Make Plain Text)."
            )
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            findings.add(.json, .error, all, "This is JSON: a policy is lines of NAME: VALUE: \(Self.model).")
        default:
            return false
        }
        return true
    }

    private static let binaryKinds: [(head: [UInt8], name: String)] = [
        ([0x1F, 0x8B], "compressed data (gzip)"),
        ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive or an office document"),
        ([0x25, 0x50, 0x44, 0x46], "a PDF document"),
    ]

    /// Notes the front matter of a site generator at the top, and gives the number of lines up to its end.
    mutating func skipFrontMatter() -> Int {
        func isMarker(_ line: Line) -> Bool { octets[line.range].trimmed.elementsEqual("---".utf8) }
        guard let first = lines.firstIndex(where: { !octets[$0.range].trimmed.isEmpty }), isMarker(lines[first]),
            let last = lines[(first + 1)...].firstIndex(where: isMarker)
        else { return 0 }
        findings.add(
            .frontMatter,
            .error,
            lines[first].range.lowerBound..<lines[last].range.upperBound,
            """
            This is the front matter of a site generator, which takes it away when it builds the site: look at the file as \
            your web server delivers it. If these lines are delivered, delete them.
            """
        )
        return last + 1
    }

    /// What can be said once all lines are seen.
    mutating func examineWhole() {
        guard !meant.isEmpty else { return reportNoPolicy() }
        if !isCut { reportMissing() }
        if let last = octets.last, last != 0x0A, last != 0x0D, !isCut {
            findings.add(
                .noFinalNewline,
                .note,
                octets.count..<octets.count,
                "The last line has no line end: that is fine."
            )
        }
        examineDuration()
        examineRedundancy()
        if meantMode == STSPolicy.Mode.none, let first = entries.first {
            findings.add(
                .noneWithMX,
                .note,
                first.octets,
                "mode is none, so senders ignore mx. That is fine; set mode to testing or enforce if the policy shall count."
            )
        }
    }

    private mutating func reportNoPolicy() {
        let telling: Set<Rule> = [.zoneLine, .txtRecord, .tooLarge, .byteOrderMark, .frontMatter, .bareCR]
        findings.keep { telling.contains($0.rule) }
        guard !findings.drafts.contains(where: { [.zoneLine, .txtRecord].contains($0.rule) }) else { return }
        findings.add(
            .notAPolicy,
            .error,
            0..<octets.count,
            "No line of this file is a field of a policy. Serve these lines instead: \(Self.model)."
        )
    }

    private mutating func reportMissing() {
        let end = octets.count..<octets.count
        if meant[.version] == nil {
            findings.add(.missingVersion, .error, end, "There is no version: add the line \"version: STSv1\".")
        }
        if meant[.mode] == nil {
            findings.add(
                .missingMode,
                .error,
                end,
                "There is no mode: add the line \"mode: testing\", and \"mode: enforce\" later, when the reports are clean."
            )
        }
        if meant[.maxAge] == nil {
            findings.add(
                .missingMaxAge,
                .error,
                end,
                "There is no max_age: add the line \"max_age: 604800\" (a week), or more."
            )
        }
        if meant[.mx] == nil, meantMode != STSPolicy.Mode.none {
            findings.add(
                .missingMX,
                .error,
                end,
                "There is no mx: add one line \"mx: HOST\" for each host in the domain's MX records."
            )
        }
    }
}
