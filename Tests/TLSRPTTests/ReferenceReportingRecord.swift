// SPDX-License-Identifier: Apache-2.0

import VectorSupport

/// A slow reader of the record's grammar, written from RFC 8460 section 3 and RFC 3986 appendix A alone: it splits and
/// matches a regular expression where the parser scans.
struct ReferenceReportingRecord: Equatable {
    var uris: [String] = []
    var extensions: [Field] = []

    init(uris: [String], extensions: [Field]) {
        self.uris = uris
        self.extensions = extensions
    }

    init?(_ octets: [UInt8], _ grammar: Grammar) {
        // One scalar for each octet, so that no octets are joined to a character.
        let text = String(String.UnicodeScalarView(octets.map { Unicode.Scalar($0) }))
        let pieces = text.unicodeScalars.split(separator: ";", omittingEmptySubsequences: false).map(Substring.init)
        guard pieces.count > 1, Self.withoutBlanksAtEnd(pieces[0]) == "v=TLSRPTv1" else { return nil }
        for (number, piece) in pieces.enumerated().dropFirst() {
            let piece = Substring(piece.unicodeScalars.drop { $0 == " " || $0 == "\t" })
            let isLast = number == pieces.count - 1
            if isLast, piece.isEmpty { break }  // the delimiter that may close a record
            guard add(isLast ? piece : Self.withoutBlanksAtEnd(piece), grammar) else { return nil }
        }
        if uris.isEmpty { return nil }
    }

    private mutating func add(_ field: Substring, _ grammar: Grammar) -> Bool {
        guard field.unicodeScalars.starts(with: "rua=".unicodeScalars) else {
            guard let match = field.wholeMatch(of: grammar.field) else { return false }
            if match.1 != "v" { extensions.append(Field(String(match.1), String(match.2))) }
            return true
        }
        let list = field.unicodeScalars.dropFirst(4)
        if let first = list.first, first == " " || first == "\t" { return false }
        if let last = list.last, last == " " || last == "\t" { return false }
        for piece in list.split(separator: ",", omittingEmptySubsequences: false) {
            let uri = Self.withoutBlanksAtEnd(Substring(piece.drop { $0 == " " || $0 == "\t" }))
            if uri.isEmpty { return false }
            if uri.wholeMatch(of: grammar.uri) != nil, !uris.contains(String(uri)) { uris.append(String(uri)) }
        }
        return true
    }

    private static func withoutBlanksAtEnd(_ text: Substring) -> Substring {
        var text = text.unicodeScalars
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return Substring(text)
    }

    /// The regular expressions.
    struct Grammar {
        let field: Regex<(Substring, Substring, Substring)>
        let uri: Regex<AnyRegexOutput>

        init() throws {
            field = /([A-Za-z0-9][A-Za-z0-9_.\-]{0,31})=([\x21-\x3A\x3C\x3E-\x7E]+)/.matchingSemantics(.unicodeScalar)
            let encoded = "%[0-9A-Fa-f][0-9A-Fa-f]"
            let plain = "A-Za-z0-9._~$&'()*+=\\-"
            let segment = "(?:[\(plain):@]|\(encoded))"
            let future = "[vV][0-9A-Fa-f]+\\.[\(plain):]+"
            let host = "(?:\\[(?:\(Self.ipv6Address)|\(future))\\]|(?:[\(plain)]|\(encoded))*)"
            let authority = "(?:(?:[\(plain):]|\(encoded))*@)?\(host)(?::[0-9]*)?"
            let path =
                "(?://\(authority)(?:/\(segment)*)*|/(?:\(segment)+(?:/\(segment)*)*)?|\(segment)+(?:/\(segment)*)*)?"
            let query = "(?:\(segment)|[/?])*"
            uri = try Regex("[A-Za-z][A-Za-z0-9+.\\-]*:\(path)(?:\\?\(query))?(?:#\(query))?")
                .matchingSemantics(.unicodeScalar)
        }

        /// RFC 3986 section 3.2.2, its nine lines.
        private static let ipv6Address: String = {
            let octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
            let group = "[0-9A-Fa-f]{1,4}"
            let last = "(?:\(group):\(group)|\(octet)(?:\\.\(octet)){3})"
            func before(_ most: Int) -> String { "(?:(?:\(group):){0,\(most)}\(group))?::" }
            let lines =
                ["(?:\(group):){6}\(last)", "::(?:\(group):){5}\(last)"]
                + (0...3).map { "\(before($0))(?:\(group):){\(4 - $0)}\(last)" }
                + ["\(before(4))\(last)", "\(before(5))\(group)", before(6)]
            return "(?:\(lines.joined(separator: "|")))"
        }()
    }
}
