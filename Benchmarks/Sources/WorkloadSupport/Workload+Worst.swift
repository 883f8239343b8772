// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// The shapes of input that cost a parser most, at 1, 16 and 64 KiB: what grows faster than its input gives whoever sends
/// it a hold on us.
extension Workload {
    private static let worstSizes = [1_024, 16_384, 65_536]

    static func worst() -> [Workload] { records() + policies() + reportingRecords() + reports() + mails() }

    /// `head`, then pieces that fill up to the size, then `tail`.
    private static func filled(
        _ size: Int,
        _ head: String,
        _ tail: String = "",
        piece: (Int) -> String
    ) -> [UInt8] {
        var octets = Array(head.utf8)
        var number = 0
        while true {
            let next = Array(piece(number).utf8)
            guard octets.count + next.count + tail.utf8.count <= size, !next.isEmpty else { break }
            octets += next
            number += 1
        }
        return octets + Array(tail.utf8)
    }

    private static func shape(
        _ name: String,
        _ text: @escaping @Sendable (Int) -> [UInt8],
        _ read: @escaping @Sendable ([UInt8]) -> Int
    ) -> [Workload] {
        worstSizes.map { size in
            let octets = text(size)
            return Workload(
                "worst: \(name)",
                size,
                "octets",
                .worst,
                octets: octets.count,
                batch: max(4, 65_536 / size)
            ) {
                read(octets)
            }
        }
    }

    private static func records() -> [Workload] {
        let read: @Sendable ([UInt8]) -> Int = { (try? STSRecord(parsing: $0).extensions.count) ?? -1 }
        return shape("record, many fields", { filled($0, "v=STSv1; id=a") { "; x\($0)=1" } }, read)
            + shape("record, one field again", { filled($0, "v=STSv1; id=a") { _ in ";x=1" } }, read)
            + shape(
                "record, blanks round semicolons",
                { filled($0, "v=STSv1;id=a") { _ in " \t \t ; \t \tx=1" } },
                read
            )
            + shape("record, one long value", { filled($0, "v=STSv1; id=a; x=") { _ in "a" } }, read)
            + shape("record, diagnosed: many semicolons", { filled($0, "v=STSv1; id=a") { _ in ";" } }) {
                STSRecord.diagnose($0).findings.count
            }
            + shape("record, one of many", { filled($0, "v=STSv1; id=a") { _ in "\u{2}v=spf1 -all" } }) { octets in
                if case .record = STSRecord.select(from: octets.split(separator: 2).map { [Array($0)] }) {
                    1
                } else {
                    0
                }
            }
    }

    private static func policies() -> [Workload] {
        let head = "version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.example\n"
        let read: @Sendable ([UInt8]) -> Int = { (try? STSPolicy(parsing: $0).mx.count) ?? -1 }
        let diagnose: @Sendable ([UInt8]) -> Int = { STSPolicy.diagnose($0).findings.count }
        let lines: [(String, @Sendable (Int) -> String)] = [
            ("blank lines", { _ in "\n" }), ("many mx", { "mx: mx\($0).example\n" }),
            ("one mx again", { _ in "mx: b.example\n" }),
            ("short mx", { "mx:\($0)\n" }), ("many extensions", { "x\($0): y\n" }),
            ("one extension again", { _ in "x:y\n" }),
            ("blanks at line ends", { "x\($0):y \t \t \t \r\n" }),
        ]
        return lines.flatMap { name, line in
            shape("policy, \(name)", { filled($0, head, piece: line) }, read)
                + shape("policy, diagnosed: \(name)", { filled($0, head, piece: line) }, diagnose)
        }
            + shape("policy, one long line", { filled($0, head + "x: ") { _ in "é " } }, read)
            + shape("policy, diagnosed: nothing is right", { filled($0, "") { _ in " :\r" } }, diagnose)
    }

    private static func reportingRecords() -> [Workload] {
        let read: @Sendable ([UInt8]) -> Int = { (try? TLSReportingRecord(parsing: $0).reportURIs.count) ?? -1 }
        let head = "v=TLSRPTv1; rua=mailto:a@b.example"
        return shape("TLSRPT record, many rua", { filled($0, head) { ";rua=mailto:a\($0)@b.example" } }, read)
            + shape("TLSRPT record, many URIs", { filled($0, head) { ",https://h\($0)/" } }, read)
            + shape("TLSRPT record, one URI again", { filled($0, head) { _ in ",mailto:a@b.example" } }, read)
            + shape("TLSRPT record, one long URI", { filled($0, head + ",mailto:", "@c.example") { _ in "%41" } }, read)
            + shape("TLSRPT record, many fields", { filled($0, head) { ";x\($0)=1" } }, read)
    }

    private static func reports() -> [Workload] {
        let read: @Sendable ([UInt8]) -> Int = { (try? TLSReport.read(json: $0).report.policies.count) ?? -1 }
        return shape("report, nested arrays", { filled($0, "{\"x\":") { _ in "[" } }, read)
            + shape("report, nested objects", { filled($0, "{\"x\":") { _ in "{\"a\":" } }, read)
            + shape("report, many members", { filled($0, "{\"a\":1", "}") { ",\"m\($0)\":1" } }, read)
            + shape("report, one member again", { filled($0, "{\"a\":1", "}") { _ in ",\"a\":1" } }, read)
            + shape(
                "report, escapes",
                { filled($0, "{\"organization-name\":\"", "\"}") { _ in "\\u0041\\uD83D\\uDE00" } },
                read
            )
            + shape("report, empty policies", { filled($0, "{\"policies\":[{}", "]}") { _ in ",{}" } }, read)
            + shape("report, long number", { filled($0, "{\"a\":1", "}") { _ in "0" } }, read)
    }

    private static func mails() -> [Workload] {
        // More parts than the default allows, so that the cost of many shows.
        let reader = ReportMailReader(limits: .init(parts: 100_000))
        let read: @Sendable ([UInt8]) -> Int = { (try? reader.attachments(of: $0).parts.count) ?? -1 }
        let head = "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        return shape("mail, many parts", { filled($0, head) { _ in "--x\r\n\r\na\r\n" } }, read)
            + shape(
                "mail, nested parts",
                { filled($0, head) { "--x\r\nContent-Type: multipart/mixed; boundary=x\($0)\r\n\r\n" } },
                read
            )
            + shape("mail, folded header", { filled($0, "Subject: a\r\n") { _ in " \r\n\tb\r\n" } }, read)
            + shape("mail, many header fields", { filled($0, "") { "X\($0): a\r\n" } }, read)
            + shape("mail, comments", { filled($0, "Content-Type: ") { _ in "(" } }, read)
    }
}
