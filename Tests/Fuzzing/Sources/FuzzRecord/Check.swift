// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import STSRecord

func check(_ octets: [UInt8]) {
    let record: STSRecord
    do throws(STSRecord.ParseError) {
        record = try STSRecord(parsing: octets)
    } catch {
        require((0...octets.count).contains(error.offset), "the offset of an error is within the text")
        require(!error.description.isEmpty, "an error has words")
        return
    }
    let text = record.description
    require(octets.starts(with: "v=STSv1".utf8), "a record begins with its version")
    require(octets.allSatisfy { $0 < 0x7F && $0 >= 0x20 || $0 == 0x09 }, "a record is visible ASCII and blanks")
    require((try? STSRecord(parsing: text)) == record, "parse(print(record)) is the record")
    require((1...32).contains(record.id.description.utf8.count), "an id has 1 to 32 octets")
    require(STSRecord.ID(record.id.description) == record.id, "an id is one by itself")
    require(STSRecord.select(from: [[octets]]) == .record(record), "a lone valid record is selected")
    require(Set(record.extensions.map(\.name)).count == record.extensions.count, "names are there once")
    for field in record.extensions {
        require(STSRecord.Extension(name: field.name, value: field.value) == field, "an extension is one by itself")
    }
}
