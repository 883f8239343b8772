// SPDX-License-Identifier: Apache-2.0

/// A policy file, by RFC 8461 section 3.2.
public struct ReferencePolicy: Hashable, Sendable {
    /// The value of `mode`.
    public let mode: [UInt8]
    /// The value of `max_age`, at most a year.
    public let maxAge: Int
    /// The values of `mx`, each once.
    public let mx: [[UInt8]]
    /// The other fields, the first of each name.
    public let extensions: [ReferenceField]

    /// Reads a policy, or gives nil.
    ///
    /// - Parameter isStrict: Whether the grammar alone counts. Else four things are forgiven: blank lines, one dot at the
    ///   end of an `mx`, underscores in it, and a max_age above the limit, which is then the limit.
    public init?(_ text: [UInt8], isStrict: Bool) {
        guard let lines = Self.lines(text, isStrict: isStrict) else { return nil }
        var version: Text?
        var mode: Text?
        var maxAge: Int?
        var mx: [Text] = []
        var extensions: [ReferenceField] = []
        for line in lines {
            guard let field = Self.field(line) else { return nil }
            switch field.name {
            case octets("version"):
                if version == nil, field.value != octets("STSv1") { return nil }
                version = version ?? field.value
            case octets("mode"):
                if mode == nil, ![octets("enforce"), octets("testing"), octets("none")].contains(field.value) {
                    return nil
                }
                mode = mode ?? field.value
            case octets("max_age"):
                if maxAge == nil {
                    guard let seconds = Self.maxAge(field.value, isStrict: isStrict) else { return nil }
                    maxAge = seconds
                }
            case octets("mx"):
                guard let pattern = Self.pattern(field.value, isStrict: isStrict) else { return nil }
                if !mx.contains(pattern) { mx.append(pattern) }
            default: extensions.append(field)
            }
        }
        guard version != nil, let mode, let maxAge, mode == octets("none") || !mx.isEmpty else { return nil }
        self.mode = mode
        self.maxAge = maxAge
        self.mx = mx
        self.extensions = firstOfEachName(extensions)
    }

    /// body := line ( eol line ){0,} eol? with line := entry wsp{0,} and eol := LF | CR LF; the lines without their ends.
    private static func lines(_ text: Text, isStrict: Bool) -> [Text]? {
        var lines = split(text, at: 0x0A)
        for index in lines.indices.dropLast() where lines[index].last == 0x0D { lines[index].removeLast() }
        if lines.count > 1, lines.last == [] { lines.removeLast() }
        lines = lines.map(withoutTrailingBlanks)
        if isStrict { return lines.contains([]) ? nil : lines }
        return lines.filter { !$0.isEmpty }
    }

    /// Every known field is grammatical as an extension too: extname ':' wsp{0,} extvalue.
    private static func field(_ line: Text) -> ReferenceField? {
        guard let (name, rest) = cut(line, at: 0x3A), isExtensionName(name) else { return nil }
        let value = withoutLeadingBlanks(rest)
        // vchar ( ( sp | vchar ){0,} vchar )?
        guard !value.isEmpty, let scalars = String(validating: value, as: UTF8.self)?.unicodeScalars,
            scalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { return nil }
        return ReferenceField(name: name, value: value)
    }

    private static func maxAge(_ value: Text, isStrict: Bool) -> Int? {
        guard (1...10).contains(value.count), value.allSatisfy(digits.contains) else { return nil }
        let seconds = value.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        if seconds > 31_557_600 { return isStrict ? nil : 31_557_600 }
        return seconds
    }

    /// mx := '*.'? Domain, which is kept as it stands, without a final dot.
    private static func pattern(_ value: Text, isStrict: Bool) -> Text? {
        var pattern = value
        if !isStrict, pattern.last == 0x2E { pattern.removeLast() }
        let domain = pattern.starts(with: octets("*.")) ? Array(pattern.dropFirst(2)) : pattern
        let inner = isStrict ? alphanumerics.union(octets("-")) : alphanumerics.union(octets("-_"))
        for label in split(domain, at: 0x2E) {
            guard let first = label.first, let last = label.last, first != 0x2D, last != 0x2D, label.count <= 63,
                label.allSatisfy(inner.contains)
            else { return nil }
        }
        // A name has at most 253 octets (RFC 1035 section 2.3.4).
        guard domain.count <= 253 else { return nil }
        return pattern
    }
}
