// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import STSRecord

/// Octet 1 ends a character-string, octet 2 a resource record.
func check(_ octets: [UInt8]) {
    guard octets.contains(where: { $0 == 1 || $0 == 2 }) else { return checkLoneRecord(octets) }
    let resourceRecords = octets.split(separator: 2, omittingEmptySubsequences: false).map { record in
        record.split(separator: 1, omittingEmptySubsequences: false).map { Array($0) }
    }
    let selection = STSRecord.select(from: resourceRecords)
    let joined = resourceRecords.map { Array($0.joined()) }
    require(STSRecord.select(from: joined.map { [$0] }) == selection, "strings are joined with nothing between")
    require(STSRecord.select(from: resourceRecords.reversed()) == selection, "order means nothing")
    let left = joined.count == 1 ? joined : joined.filter { $0.starts(with: "v=STSv1;".utf8) }
    switch selection {
    case .record(let record):
        require(left.count == 1 && (try? STSRecord(parsing: left[0])) == record, "the one record left is selected")
    case .absent:
        require(left.isEmpty || left.count == 1 && !left[0].starts(with: "v=STSv1".utf8), "absent: none is left")
    case .several(let count):
        require(count == left.count && count > 1, "several: more than one is left")
    case .malformed:
        require(left.count == 1 && (try? STSRecord(parsing: left[0])) == nil, "malformed: the one left is no record")
    }
}

private func checkLoneRecord(_ octets: [UInt8]) {
    let record = try? STSRecord(parsing: octets)
    switch STSRecord.select(from: [[octets]]) {
    case .record(let selected): require(selected == record, "a lone record is selected")
    case .absent: require(!octets.starts(with: "v=STSv1".utf8), "absent: it does not begin as a record")
    case .several: require(false, "one is not several")
    case .malformed: require(record == nil, "malformed: it is no record")
    }
}
