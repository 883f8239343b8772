// SPDX-License-Identifier: Apache-2.0

import VectorSupport

/// A slow reader of the record's grammar, written from RFC 8461 section 3.1 alone: it splits where the parser scans.
struct ReferenceRecord: Equatable {
    var id: String
    var extensions: [Field]

    init(id: String, extensions: [Field]) {
        self.id = id
        self.extensions = extensions
    }

    init?(_ octets: [UInt8]) {
        let pieces = octets.split(separator: 0x3B, omittingEmptySubsequences: false)
        guard pieces.count > 1, Self.withoutBlanksAtEnd(pieces[0]).elementsEqual("v=STSv1".utf8) else { return nil }
        var fields: [Field] = []
        for (number, piece) in pieces.enumerated().dropFirst() {
            let text = piece.drop { $0 == 0x20 || $0 == 0x09 }
            let isLast = number == pieces.count - 1
            if isLast, text.isEmpty { break }  // the delimiter that may close a record
            guard let field = Self.field(isLast ? text : Self.withoutBlanksAtEnd(text)) else { return nil }
            fields.append(field)
        }
        guard let id = fields.first(where: { $0.name == "id" })?.value else { return nil }
        guard (1...32).contains(id.count), id.allSatisfy(Self.alphanumerics.contains) else { return nil }
        self.id = id
        extensions = []
        for field in fields where !["v", "id"].contains(field.name) {
            if !extensions.contains(where: { $0.name == field.name }) { extensions.append(field) }
        }
    }

    private static let alphanumerics = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    private static let nameTail = alphanumerics.union("_-.")
    private static let valueOctets = Set((0x21...0x7E).map { UInt8($0) }).subtracting([0x3B, 0x3D])

    private static func withoutBlanksAtEnd(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while text.last == 0x20 || text.last == 0x09 { text.removeLast() }
        return text
    }

    private static func field(_ text: ArraySlice<UInt8>) -> Field? {
        guard let equals = text.firstIndex(of: 0x3D) else { return nil }
        let name = String(decoding: text[..<equals], as: UTF8.self)
        let value = text[(equals + 1)...]
        guard (1...32).contains(equals - text.startIndex), name.dropFirst().allSatisfy(nameTail.contains),
            let first = name.first, alphanumerics.contains(first),
            !value.isEmpty, value.allSatisfy(valueOctets.contains)
        else { return nil }
        return Field(name, String(decoding: value, as: UTF8.self))
    }
}
