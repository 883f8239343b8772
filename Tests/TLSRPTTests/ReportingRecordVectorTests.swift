// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import TLSRPT
import Testing
import VectorSupport

@Suite("TLSRPT: vectors of the record")
struct ReportingRecordVectorTests {
    static let vectors = Result { try Vectors.load("tlsrpt-record", as: TLSReportingRecordVector.self) }

    @Test(
        .proves("R-TXTR-02", "R-TXTR-03", "R-TXTR-04", "R-TXTR-05", "R-TXTR-06", "R-TXTR-07", "R-TXTR-10"),
        arguments: try vectors.get()
    )
    func selection(_ vector: TLSReportingRecordVector) throws {
        let resourceRecords = vector.rrset.map { $0.map(\.value) }
        let selection = TLSReportingRecord.select(from: resourceRecords)
        // The order in which a resolver hands records over means nothing.
        #expect(TLSReportingRecord.select(from: resourceRecords.reversed()) == selection)
        guard case .record(let record) = selection else { return try none(selection, vector) }
        #expect(vector.expect.none == nil)
        if let rua = vector.expect.rua { #expect(record.reportURIs.map(\.text) == rua) }
        if let destinations = vector.expect.destinations { #expect(record.destinations.map(\.field) == destinations) }
        if let unusable = vector.expect.unusable { #expect(record.unusable == unusable) }
        if let extensions = vector.expect.extensions { #expect(record.fields == extensions) }
        #expect(try TLSReportingRecord(parsing: record.description) == record)
        for uri in record.reportURIs { #expect(TLSReportingRecord.ReportURI(uri.text) == uri) }
    }

    private func none(_ selection: TLSReportingRecord.Selection, _ vector: TLSReportingRecordVector) throws {
        let expected = try #require(vector.expect.none, "no record: \(selection)")
        switch selection {
        case .record: Issue.record("a record")
        case .absent: #expect(["absent", "any"].contains(expected))
        case .several(let count):
            #expect(["several", "any"].contains(expected))
            if let expectedCount = vector.expect.count { #expect(count == expectedCount) }
        case .malformed(let error):
            #expect(["malformed", "any"].contains(expected))
            #expect(!error.description.isEmpty)
            if let code = vector.expect.error?.code { #expect(error.code.rawValue == code) }
            if let offset = vector.expect.error?.offset { #expect(error.offset == offset) }
        }
    }

    /// One record that is not the record of a domain is none for the parser either, in octets and in text.
    @Test(.proves("R-TXTR-02", "R-TXTR-04", "R-TXTR-06"), arguments: try vectors.get().filter { $0.rrset.count == 1 })
    func parsing(_ vector: TLSReportingRecordVector) throws {
        let octets = vector.rrset[0].flatMap(\.value)
        let result = Result { () throws(TLSReportingRecord.ParseError) in try TLSReportingRecord(parsing: octets) }
        switch result {
        case .success(let record):
            #expect(vector.expect.none == nil)
            #expect(TLSReportingRecord.select(from: [[octets]]) == .record(record))
        case .failure(let error):
            #expect(vector.expect.none != nil)
            if let expected = vector.expect.error {
                #expect(error.code.rawValue == expected.code)
                #expect(error.offset == expected.offset)
            }
        }
        guard let text = String(validating: octets, as: UTF8.self) else { return }
        let again = Result { () throws(TLSReportingRecord.ParseError) in try TLSReportingRecord(parsing: text) }
        #expect(again == result)
    }
}

extension TLSReportingRecord {
    /// The extensions in the vectors' form.
    var fields: [Field] { extensions.map { Field($0.name, $0.value) } }

    /// The URIs that cannot be used in the vectors' form.
    var unusable: [Field] { reportURIs.compactMap { uri in uri.fault.map { Field(uri.text, $0.rawValue) } } }
}

extension TLSReportingRecord.Destination {
    /// The destination in the vectors' form.
    var field: Field {
        switch self {
        case .mailto(let address): Field("mailto", address)
        case .https(let url): Field("https", url)
        }
    }
}
