// SPDX-License-Identifier: Apache-2.0

/// The fields of `version ( delim field ){1,} delim?` with `delim := wsp{0,} ';' wsp{0,}`, or nil (RFC 8461 section 3.1,
/// RFC 8460 section 3). No field holds a semicolon, so the text can be split there.
func fieldTexts(_ text: Text, version: String) -> [Text]? {
    guard text.starts(with: octets(version)) else { return nil }
    var pieces = split(Array(text.dropFirst(version.utf8.count)), at: 0x3B)
    // Before the first semicolon stand blanks alone, and there is one.
    guard pieces.count > 1, withoutLeadingBlanks(pieces.removeFirst()).isEmpty else { return nil }
    var fields = pieces.dropLast().map { withoutTrailingBlanks(withoutLeadingBlanks($0)) }
    // After the last semicolon: blanks alone end a delimiter; blanks after a field have no semicolon behind them.
    let last = withoutLeadingBlanks(pieces.last ?? [])
    if !last.isEmpty {
        guard withoutTrailingBlanks(last) == last else { return nil }
        fields.append(last)
    }
    guard !fields.isEmpty, !fields.contains([]) else { return nil }
    return fields
}

/// extension := extname '=' extvalue, with extvalue := [0x21-0x3A 0x3C 0x3E-0x7E]{1,}
func txtExtension(_ text: Text) -> ReferenceField? {
    guard let (name, value) = cut(text, at: 0x3D), isExtensionName(name), !value.isEmpty,
        value.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x3B && $0 != 0x3D })
    else { return nil }
    return ReferenceField(name: name, value: value)
}

/// The `_mta-sts` TXT record, by RFC 8461 section 3.1.
public struct ReferenceRecord: Hashable, Sendable {
    /// The id.
    public let id: [UInt8]
    /// The other fields, the first of each name.
    public let extensions: [ReferenceField]

    /// Reads a record, or gives nil.
    public init?(_ text: [UInt8]) {
        guard let texts = fieldTexts(text, version: "v=STSv1") else { return nil }
        var fields: [ReferenceField] = []
        for text in texts {
            // The rule of an id is within that of an extension, but for its value: 1 to 32 letters and digits.
            guard let field = txtExtension(text) else { return nil }
            fields.append(field)
        }
        guard let id = fields.first(where: { $0.name == octets("id") })?.value, id.count <= 32,
            id.allSatisfy(alphanumerics.contains)
        else { return nil }
        self.id = id
        extensions = firstOfEachName(fields.filter { $0.name != octets("id") && $0.name != octets("v") })
    }
}

/// The `_smtp._tls` TXT record, by RFC 8460 section 3.
public struct ReferenceReportingRecord: Hashable, Sendable {
    /// The URIs of all `rua`, each once.
    public let uris: [ReferenceURI]
    /// The other fields.
    public let extensions: [ReferenceField]

    /// Reads a record, or gives nil: where the record's own grammar is hurt, and where no URI is left.
    public init?(_ text: [UInt8]) {
        guard let texts = fieldTexts(text, version: "v=TLSRPTv1") else { return nil }
        var uris: [ReferenceURI] = []
        var extensions: [ReferenceField] = []
        for text in texts {
            guard text.starts(with: octets("rua=")) else {
                guard let field = txtExtension(text) else { return nil }
                if field.name != octets("v") { extensions.append(field) }
                continue
            }
            // Split before anything is decoded; a text that is no URI is dropped alone, but a comma separates two.
            let list = Array(text.dropFirst(4))
            // Blanks may stand beside a comma, not after the equals sign.
            guard withoutLeadingBlanks(list) == list else { return nil }
            for item in split(list, at: 0x2C) {
                let item = withoutTrailingBlanks(withoutLeadingBlanks(item))
                guard !item.isEmpty else { return nil }
                if let uri = ReferenceURI(item), !uris.contains(uri) { uris.append(uri) }
            }
        }
        guard !uris.isEmpty else { return nil }
        self.uris = uris
        self.extensions = extensions
    }
}
