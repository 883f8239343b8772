// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import TLSRPT

/// Octet 1 ends a character-string, octet 2 a resource record.
func check(_ octets: [UInt8]) {
    guard octets.contains(where: { $0 == 1 || $0 == 2 }) else { return checkLoneRecord(octets) }
    let resourceRecords = octets.split(separator: 2, omittingEmptySubsequences: false).map { record in
        record.split(separator: 1, omittingEmptySubsequences: false).map { Array($0) }
    }
    let selection = TLSReportingRecord.select(from: resourceRecords)
    let joined = resourceRecords.map { Array($0.joined()) }
    require(
        TLSReportingRecord.select(from: joined.map { [$0] }) == selection,
        "strings are joined with nothing between"
    )
    require(TLSReportingRecord.select(from: resourceRecords.reversed()) == selection, "order means nothing")
    for text in joined { _ = checkedRecord(text) }
    let left = joined.count == 1 ? joined : joined.filter { $0.starts(with: "v=TLSRPTv1;".utf8) }
    switch selection {
    case .record(let record):
        require(left.count == 1 && (try? TLSReportingRecord(parsing: left[0])) == record, "the one left is selected")
    case .absent:
        require(left.isEmpty || left.count == 1 && !left[0].starts(with: "v=TLSRPTv1".utf8), "absent: none is left")
    case .several(let count):
        require(count == left.count && count > 1, "several: more than one is left")
    case .malformed:
        require(
            left.count == 1 && (try? TLSReportingRecord(parsing: left[0])) == nil,
            "malformed: the one left is no record"
        )
    }
}

private func checkLoneRecord(_ octets: [UInt8]) {
    let record = checkedRecord(octets)
    switch TLSReportingRecord.select(from: [[octets]]) {
    case .record(let selected): require(selected == record, "a lone record is selected")
    case .absent: require(!octets.starts(with: "v=TLSRPTv1".utf8), "absent: it does not begin as a record")
    case .several: require(false, "one is not several")
    case .malformed: require(record == nil, "malformed: it is no record")
    }
}

private func checkedRecord(_ octets: [UInt8]) -> TLSReportingRecord? {
    let record: TLSReportingRecord
    do throws(TLSReportingRecord.ParseError) {
        record = try TLSReportingRecord(parsing: octets)
    } catch {
        require((0...octets.count).contains(error.offset), "the offset of an error is within the text")
        require(!error.description.isEmpty, "an error has words")
        return nil
    }
    require(octets.starts(with: "v=TLSRPTv1".utf8), "a record begins with its version")
    require((try? TLSReportingRecord(parsing: record.description)) == record, "parse(print(record)) is the record")
    require(!record.reportURIs.isEmpty, "a record has a URI")
    require(Set(record.reportURIs.map(\.text)).count == record.reportURIs.count, "a URI is there once")
    require(record.reportURIs.reduce(0) { $0 + $1.text.utf8.count } < octets.count, "URIs are parts of the text")
    require(record.destinations.count <= record.reportURIs.count, "a URI gives one destination at most")
    for uri in record.reportURIs { check(uri) }
    for field in record.extensions {
        require(
            TLSReportingRecord.Extension(name: field.name, value: field.value) == field,
            "an extension is one by itself"
        )
    }
    return record
}

private func check(_ uri: TLSReportingRecord.ReportURI) {
    require(TLSReportingRecord.ReportURI(uri.text) == uri, "a URI is one by itself")
    require((uri.destination == nil) == (uri.fault != nil), "a URI has a destination or a fault")
    switch uri.destination {
    case .mailto(let address):
        require(address.utf8.contains(0x40), "an address has an at sign")
        require(!holdsControlCharacters(address), "an address holds no control characters")
        // A local part in quotes has a backslash before each octet at worst.
        require(address.utf8.count <= 2 * uri.text.utf8.count, "an address is bounded by its URI")
    case .https(let url):
        require(uri.text.hasPrefix(url), "a URL stands in the record")
        require(url.lowercased().hasPrefix("https://"), "a URL has its scheme")
    case nil: break
    }
}
