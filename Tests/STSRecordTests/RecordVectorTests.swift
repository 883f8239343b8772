// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSRecord
import Testing
import VectorSupport

@Suite("STSRecord: vectors")
struct RecordVectorTests {
    @Test(
        "records",
        .proves(
            "R-DISC-14",
            "R-DISC-16",
            "R-DISC-17",
            "R-DISC-18",
            "R-DISC-19",
            "R-DISC-20",
            "R-DISC-21",
            "R-DISC-22",
            "R-DISC-23",
            "R-DISC-24"
        ),
        arguments: try Vectors.load("record", as: RecordVector.self)
    )
    func record(_ vector: RecordVector) throws {
        let result = Result { () throws(STSRecord.ParseError) in try STSRecord(parsing: vector.input.value) }
        switch result {
        case .success(let record):
            #expect(vector.expect.error == nil)
            #expect(record.id.description == vector.expect.id)
            #expect(record.fields == vector.expect.extensions)
            let text = try #require(vector.input.text)
            #expect(try STSRecord(parsing: text) == record)
            #expect(STSRecord.select(from: [[vector.input.value]]) == .record(record))
        case .failure(let error):
            let expected = try #require(vector.expect.error, "refused: \(error)")
            #expect(error.code.rawValue == expected.code)
            #expect(error.offset == expected.offset)
            #expect(!error.description.isEmpty)
            if let text = vector.input.text { #expect(throws: error) { try STSRecord(parsing: text) } }
        }
    }

    @Test(
        "sets of records",
        .proves("R-DISC-11", "R-DISC-12", "R-DISC-13", "R-DISC-14", "R-DISC-23"),
        arguments: try Vectors.load(["record-set", "field-record-set"], as: RecordSetVector.self)
    )
    func set(_ vector: RecordSetVector) throws {
        let resourceRecords = vector.rrset.map { $0.map(\.value) }
        let selection = STSRecord.select(from: resourceRecords)
        // The order in which a resolver hands records over means nothing.
        #expect(STSRecord.select(from: resourceRecords.reversed()) == selection)
        if vector.expect.either == true { return }
        guard case .record(let record) = selection else {
            return try none(selection, vector)
        }
        #expect(vector.expect.none == nil)
        #expect(record.id.description == vector.expect.id)
        if let extensions = vector.expect.extensions { #expect(record.fields == extensions) }
    }

    private func none(_ selection: STSRecord.Selection, _ vector: RecordSetVector) throws {
        let expected = try #require(vector.expect.none, "no record: \(selection)")
        switch selection {
        case .record: Issue.record("a record")
        case .absent: #expect(["absent", "any"].contains(expected))
        case .several(let count):
            #expect(["several", "any"].contains(expected))
            if let expectedCount = vector.expect.count { #expect(count == expectedCount) }
        case .malformed(let error):
            #expect(["malformed", "any"].contains(expected))
            if let code = vector.expect.error?.code { #expect(error.code.rawValue == code) }
            if let offset = vector.expect.error?.offset { #expect(error.offset == offset) }
        }
    }

    @Test("ids from content", arguments: try Vectors.load("record-id", as: RecordIDVector.self))
    func derivedID(_ vector: RecordIDVector) throws {
        let id = STSRecord.ID(hashing: vector.input.value)
        #expect(id.description == vector.expect.id)
        #expect(STSRecord.ID(vector.expect.id) == id)
    }
}

extension STSRecord {
    /// The extensions in the vectors' form.
    var fields: [Field] { extensions.map { Field($0.name, $0.value) } }
}
