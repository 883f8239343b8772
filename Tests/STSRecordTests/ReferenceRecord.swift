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
        guard (1...32).contains(id.utf8.count), Self.all(ArraySlice(id.utf8), Self.alphanumerics) else { return nil }
        self.id = id
        extensions = []
        for field in fields where !["v", "id"].contains(field.name) {
            if !extensions.contains(where: { $0.name == field.name }) { extensions.append(field) }
        }
    }

    // One Boolean for each octet: sets would make the comparison slow.
    private static let alphanumerics = table("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    private static let nameTail = table("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
    private static let values = (0...255).map { (0x21...0x7E).contains($0) && $0 != 0x3B && $0 != 0x3D }

    private static func table(_ members: String) -> [Bool] {
        var table = [Bool](repeating: false, count: 256)
        for octet in members.utf8 { table[Int(octet)] = true }
        return table
    }

    private static func all(_ octets: ArraySlice<UInt8>, _ table: [Bool]) -> Bool {
        for octet in octets where !table[Int(octet)] { return false }
        return true
    }

    private static func withoutBlanksAtEnd(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while text.last == 0x20 || text.last == 0x09 { text.removeLast() }
        return text
    }

    private static func field(_ text: ArraySlice<UInt8>) -> Field? {
        guard let equals = text.firstIndex(of: 0x3D) else { return nil }
        let name = text[..<equals]
        let value = text[(equals + 1)...]
        guard (1...32).contains(name.count), all(name.prefix(1), alphanumerics), all(name, nameTail),
            !value.isEmpty, all(value, values)
        else { return nil }
        return Field(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
    }
}
