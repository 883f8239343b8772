// SPDX-License-Identifier: Apache-2.0

import MXPattern
import STSPolicy
import STSRecord

/// Uses each wire module as a client does, so that the linker keeps them.
@main
struct Main {
    static func main() throws {
        let record = try STSRecord(parsing: "v=STSv1; id=20160831085700Z;")
        let policy = try STSPolicy(parsing: "version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 604800\n")
        let host = try DomainName(parsing: "mail.example.com")
        let pattern = try MXPattern(parsing: "mail.example.com")
        print(record, policy.matches(host), pattern.matches(host), host.matchesPresentedIdentifier("*.example.com"))
    }
}
