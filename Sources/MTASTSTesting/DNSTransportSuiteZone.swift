// SPDX-License-Identifier: Apache-2.0

import MTASTS

extension DNSTransportSuite {
    /// The zone as a master file (RFC 1035 section 5).
    public var zoneFile: String {
        var lines = [
            "; The zone of DNSTransportSuite.",
            "$ORIGIN \(origin).",
            "$TTL \(Self.recordTimeToLive)",
            "@ SOA ns hostmaster 1 3600 600 604800 \(Self.absenceTimeToLive)",
            "@ NS ns",
            "ns A 127.0.0.1",
        ]
        for entry in Self.entries {
            for data in entry.data {
                lines.append("\(entry.owner) \(entry.timeToLive) \(data.text)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let recordTimeToLive = 120
    private static let absenceTimeToLive = 60

    /// Records of the zone, and the check that they are for.
    struct Entry: Sendable {
        enum Data: Sendable {
            case txt(TXTRecord)
            case alias(String)
            case address(String)

            /// Type and data as a master file writes them.
            var text: String {
                switch self {
                case .txt(let record): "TXT \(record.strings.map(Self.quoted).joined(separator: " "))"
                case .alias(let target): "CNAME \(target)"
                case .address(let address): "A \(address)"
                }
            }

            private static func quoted(_ octets: [UInt8]) -> String {
                var text = "\""
                for octet in octets {
                    switch octet {
                    case 0x22, 0x5C: text += "\\\(Unicode.Scalar(octet))"
                    case 0x20...0x7E: text += "\(Unicode.Scalar(octet))"
                    default:
                        let digits = String(octet)
                        text += "\\" + String(repeating: "0", count: 3 - digits.utf8.count) + digits
                    }
                }
                return text + "\""
            }
        }

        /// The check's name; empty for records that others lead to.
        var check = ""
        var owner: String
        var query: String
        var data: [Data]
        var expectation: Expectation?
        var timeToLive: Int
    }

    private static func entry(_ check: String, _ records: [TXTRecord]) -> Entry {
        Entry(
            check: check,
            owner: check,
            query: check,
            data: records.map { .txt($0) },
            expectation: .records(records),
            timeToLive: recordTimeToLive
        )
    }

    private static func alias(
        _ check: String,
        to target: String,
        _ expectation: Expectation,
        timeToLive: Int = recordTimeToLive
    ) -> Entry {
        Entry(
            check: check,
            owner: check,
            query: check,
            data: [.alias(target)],
            expectation: expectation,
            timeToLive: timeToLive
        )
    }

    private static func absence(_ check: String, _ query: String, _ expectation: Expectation) -> Entry {
        Entry(
            check: check,
            owner: query,
            query: query,
            data: [],
            expectation: expectation,
            timeToLive: absenceTimeToLive
        )
    }

    private static func support(_ owner: String, _ data: Entry.Data) -> Entry {
        Entry(owner: owner, query: owner, data: [data], timeToLive: recordTimeToLive)
    }

    private static let record = TXTRecord("v=STSv1; id=20260101;")

    /// Records that together have somewhat more than `count` times 200 octets.
    private static func many(_ count: Int) -> [TXTRecord] {
        (0..<count).map { TXTRecord("\($0) " + String(repeating: "x", count: 190)) }
    }

    static var entries: [Entry] {
        let first = (0..<128).map { UInt8($0) }
        let spf = TXTRecord("v=spf1 -all")
        var entries = [
            entry("single", [record]),
            entry("strings", [TXTRecord(strings: ["v=STSv1; ", "id=2026", "", "0101;"].map { Array($0.utf8) })]),
            entry("empty-string", [TXTRecord("")]),
            entry("longest-string", [TXTRecord(String(repeating: "x", count: 255))]),
            entry("every-octet", [TXTRecord(strings: [first, first.map { $0 + 128 }])]),
            entry("several", [record, TXTRecord("v=STSv1; id=20260102;"), spf]),
            entry("over-512-octets", many(4)),
            entry("over-1232-octets", many(8)),
            entry("over-4096-octets", many(25)),
            entry("over-32768-octets", many(200)),
            alias("alias", to: "single", .records([record]), timeToLive: 30),
            alias("alias-to-nothing", to: "nothing", .noSuchName, timeToLive: absenceTimeToLive),
            alias("alias-to-address", to: "address", .noData, timeToLive: absenceTimeToLive),
            alias("alias-loop", to: "alias-loop-2", .failure),
            support("alias-loop-2", .alias("alias-loop")),
            support("address", .address("192.0.2.1")),
            absence("absent", "absent", .noSuchName),
            absence("no-data", "address", .noData),
            absence("empty-non-terminal", "non-terminal", .noData),
            support("below.non-terminal", .address("192.0.2.1")),
            support("*.wildcard", .txt(record)),
        ]
        var wildcard = entry("wildcard", [record])
        wildcard.query = "any.wildcard"
        wildcard.data = []
        entries.append(wildcard)
        let hops = 8
        entries.append(alias("alias-chain", to: "hop-2", .records([record])))
        for hop in 2..<hops { entries.append(support("hop-\(hop)", .alias("hop-\(hop + 1)"))) }
        entries.append(support("hop-\(hops)", .alias("single")))
        return entries
    }
}
