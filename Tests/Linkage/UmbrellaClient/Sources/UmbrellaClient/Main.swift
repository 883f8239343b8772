// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// One import brings the wire modules too.
@main
struct Main {
    static func main() throws {
        let host = try DomainName(parsing: "mail.example.com")
        print(try MXPattern(parsing: "*.example.com").matches(host), try STSRecord(parsing: "v=STSv1; id=a"))
    }
}
