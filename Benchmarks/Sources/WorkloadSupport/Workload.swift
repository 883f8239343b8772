// SPDX-License-Identifier: Apache-2.0

import MXPattern
import STSPolicy
import STSRecord

/// One operation to be measured, with the input it needs.
public struct Workload: Sendable {
    /// The name on the command line and in reports.
    public let name: String

    /// Runs the operation `count` times and gives a number that depends on every run.
    public let run: @Sendable (_ count: Int) throws -> Int

    init(_ name: String, _ operation: @escaping @Sendable () throws -> Int) {
        self.name = name
        self.run = { count in
            var sum = 0
            for _ in 0..<count { sum &+= try operation() }
            return sum
        }
    }
}

extension Workload {
    /// All workloads.
    public static func all() throws -> [Workload] { try parsing() + matching() + printing() }

    static let recordText = "v=STSv1; id=20160831085700Z;"

    static let policyText = """
        version: STSv1
        mode: enforce
        mx: mx1.mail.example.com
        mx: mx2.mail.example.com
        mx: *.backup.example.net
        mx: mail.example.org
        max_age: 604800

        """

    /// 2,000 patterns in 60 KB.
    static var largePolicyText: String {
        var text = "version: STSv1\nmode: enforce\nmax_age: 604800\n"
        for number in 0..<2000 { text += "mx: mx\(10_000 + number).mail.example.org\n" }
        return text
    }

    private static func parsing() throws -> [Workload] {
        let record = Array(recordText.utf8)
        let policy = Array(policyText.utf8)
        let large = Array(largePolicyText.utf8)
        return [
            Workload("record") { Int(try STSRecord(parsing: record).extensions.count) + 1 },
            Workload("policy") { try STSPolicy(parsing: policy).mx.count },
            Workload("policy-large") { try STSPolicy(parsing: large).mx.count },
            Workload("domain-name") { try DomainName(parsing: "mx-7.customers.mail-relay.example.net").labelCount },
            Workload("domain-name-upper-case") {
                try DomainName(parsing: "MX-7.Customers.Mail-Relay.Example.Net").labelCount
            },
        ]
    }

    private static func matching() throws -> [Workload] {
        let patterns = try [
            "mx1.mail.example.com", "mx2.mail.example.com", "*.backup.example.net", "mail.example.org",
            "*.customers.mail-relay.example.net",
        ].map { try MXPattern(parsing: $0) }
        let host = try DomainName(parsing: "mx-17.customers.mail-relay.example.net")
        let policy = try STSPolicy(mode: .enforce, maxAge: 604_800, mx: patterns)
        let dnsIDs = ["mail-relay.example.net", "*.customers.mail-relay.example.net"]
        return [
            Workload("match-5-patterns") { policy.matches(host) ? 1 : 0 },
            Workload("match-5-values") { patterns.contains { $0.matches(host) } ? 1 : 0 },
            Workload("certificate-identity") { host.matchesAnyPresentedIdentifier(dnsIDs) ? 1 : 0 },
        ]
    }

    private static func printing() throws -> [Workload] {
        let record = try STSRecord(parsing: recordText)
        let policy = try STSPolicy(parsing: policyText)
        return [
            Workload("record-print") { record.description.utf8.count },
            Workload("policy-print") { policy.description.utf8.count },
        ]
    }
}
