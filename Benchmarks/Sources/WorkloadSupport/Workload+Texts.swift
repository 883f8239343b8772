// SPDX-License-Identifier: Apache-2.0

import MTASTS

extension Workload {
    static let recordText = "v=STSv1; id=20160831085700Z;"

    /// The sizes of a policy, in patterns. Those of 4 have 146 octets, those of 2,000 have 60 KB.
    static let policySizes = [1, 4, 64, 2_000]

    static func policyText(_ patterns: Int) -> String {
        var text = "version: STSv1\nmode: enforce\n"
        for number in 0..<patterns { text += "mx: mx\(10_000 + number).mail.example.org\n" }
        return text + "max_age: 604800\n"
    }

    private static func batch(_ patterns: Int) -> Int { max(5, 4_000 / (patterns + 4)) }

    static func parsing() throws -> [Workload] {
        let record = Array(recordText.utf8)
        var list = [
            Workload("record", record.count, "octets", .recorded, octets: record.count) {
                Int(try STSRecord(parsing: record).extensions.count) + 1
            }
        ]
        let long = Array((recordText + (1...30).map { " field\($0)=value\($0);" }.joined()).utf8)
        list.append(
            Workload("record", long.count, "octets", .recorded, octets: long.count, batch: 100) {
                try STSRecord(parsing: long).extensions.count
            }
        )
        for size in policySizes {
            let text = Array(policyText(size).utf8)
            list.append(
                Workload("policy", size, "mx", .recorded, octets: text.count, batch: batch(size)) {
                    try STSPolicy(parsing: text).mx.count
                }
            )
        }
        for name in ["example.com", "mx-7.customers.mail-relay.example.net", "MX-7.Customers.Mail-Relay.Example.Net"] {
            let what = name.contains("M") ? "domain name, upper case" : "domain name"
            list.append(
                Workload(what, name.utf8.count, "octets", .recorded, octets: name.utf8.count) {
                    try DomainName(parsing: name).description.utf8.count
                }
            )
        }
        return list
    }

    static func diagnosing() -> [Workload] {
        let record = Array(recordText.utf8)
        let list = [
            Workload("diagnose record", record.count, "octets", .counted, octets: record.count, batch: 100) {
                STSRecord.diagnose(record).findings.count
            }
        ]
        return list
            + policySizes.map { size in
                let text = Array(policyText(size).utf8)
                return Workload("diagnose policy", size, "mx", .counted, octets: text.count, batch: batch(size * 8)) {
                    STSPolicy.diagnose(text).findings.count
                }
            }
    }

    static func printing() throws -> [Workload] {
        let record = try STSRecord(parsing: recordText)
        let list = [
            Workload("print record", recordText.utf8.count, "octets", .counted) { record.description.utf8.count }
        ]
        return try list
            + policySizes.map { size in
                let policy = try STSPolicy(parsing: policyText(size))
                return Workload("print policy", size, "mx", .counted, batch: batch(size * 2)) {
                    policy.description.utf8.count
                }
            }
    }

    static func matching() throws -> [Workload] {
        let host = try DomainName(parsing: "mx-17.customers.mail-relay.example.net")
        let last = "*.customers.mail-relay.example.net"
        let others = ["mx1.mail.example.com", "mx2.mail.example.com", "*.backup.example.net", "mail.example.org"]
        var list: [Workload] = []
        for size in [5, 64, 2_000] {
            let patterns = (0..<size - 1).map { $0 < others.count ? others[$0] : "mx\($0).mail.example.org" } + [last]
            let policy = try STSPolicy(
                mode: .enforce,
                maxAge: 604_800,
                mx: patterns.map { try MXPattern(parsing: $0) }
            )
            list.append(
                Workload("match", size, "patterns", .recorded, octets: 38, batch: batch(size / 5)) {
                    policy.matches(host) ? 1 : 0
                }
            )
        }
        for size in [2, 100] {
            let names = (0..<size - 1).map { "mail\($0).relay.example.net" } + [last]
            list.append(
                Workload("certificate identity", size, "DNS-IDs", .recorded, octets: 38, batch: batch(size / 5)) {
                    host.matchesAnyPresentedIdentifier(names) ? 1 : 0
                }
            )
        }
        return list
    }
}
