// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TextDiagnosis

/// The four fields that RFC 8461 section 3.2 defines.
enum PolicyField: String, CaseIterable {
    case version, mode
    case maxAge = "max_age"
    case mx

    /// How a name that is not a field's own comes near to it.
    enum Nearness {
        case exact, letterCase, spelling
    }

    /// The field of exactly this name.
    init?(exactly name: some Collection<UInt8>) {
        for field in Self.allCases where name.elementsEqual(field.rawValue.utf8) {
            self = field
            return
        }
        return nil
    }

    /// The field that is meant by a name, if it is near one.
    static func meant(by name: some Collection<UInt8>) -> (field: PolicyField, nearness: Nearness)? {
        if let field = PolicyField(exactly: name) { return (field, .exact) }
        guard (1...20).contains(name.count) else { return nil }
        let lowercased = name.map(\.asciiLowercased)
        if let field = PolicyField(exactly: lowercased) { return (field, .letterCase) }
        let word = lowercased.map { [0x2D, 0x2E, 0x20].contains($0) ? UInt8(ascii: "_") : $0 }
        if let field = PolicyField(exactly: word) { return (field, .spelling) }
        if let field = usualMistakes[String(decoding: word, as: UTF8.self)] { return (field, .spelling) }
        for field in allCases where word.count > 1 {
            // Short names have many innocent neighbours: `note` is no `mode`.
            let limit = field.rawValue.utf8.count > 4 ? 2 : 1
            if editDistance(word, Array(field.rawValue.utf8), limit: limit) != nil { return (field, .spelling) }
        }
        return nil
    }

    private static let usualMistakes: [String: PolicyField] = [
        "v": .version, "ver": .version, "sts_version": .version, "policy_version": .version,
        "policy_mode": .mode, "sts_mode": .mode,
        "max": .maxAge, "age": .maxAge, "maximum_age": .maxAge, "max_age_seconds": .maxAge, "policy_max_age": .maxAge,
        "mx_host": .mx, "mxhost": .mx, "mx_record": .mx, "mx_server": .mx, "mx_pattern": .mx, "mxes": .mx,
    ]
}
