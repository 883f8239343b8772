// SPDX-License-Identifier: Apache-2.0

/// Octets of a vector: a JSON string (its UTF-8), `{"hex": ...}`, `{"repeat": ..., "times": ...}`, or a list of those.
public struct Octets: Decodable, Hashable, Sendable {
    /// The octets.
    public let value: [UInt8]

    /// The octets as text, nil if they are not UTF-8.
    public var text: String? { String(validating: value, as: UTF8.self) }

    /// Reads any of the forms.
    public init(from decoder: any Decoder) throws {
        if let single = try? decoder.singleValueContainer().decode(Part.self) {
            value = single.value
        } else {
            value = try decoder.singleValueContainer().decode([Part].self).flatMap(\.value)
        }
    }

    private struct Part: Decodable {
        let value: [UInt8]

        enum CodingKeys: String, CodingKey { case hex, `repeat`, times }

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                value = Array(text.utf8)
                return
            }
            let container = try decoder.container(keyedBy: CodingKeys.self)
            if let hex = try container.decodeIfPresent(String.self, forKey: .hex) {
                value = try Self.octets(hex: Array(hex.utf8), container)
            } else {
                let unit = Array(try container.decode(String.self, forKey: .repeat).utf8)
                let times = try container.decode(Int.self, forKey: .times)
                value = Array(repeatElement(unit, count: times).joined())
            }
        }

        private static func octets(hex: [UInt8], _ container: KeyedDecodingContainer<CodingKeys>) throws -> [UInt8] {
            guard hex.count.isMultiple(of: 2) else {
                throw DecodingError.dataCorruptedError(forKey: .hex, in: container, debugDescription: "odd length")
            }
            return try stride(from: 0, to: hex.count, by: 2).map { index in
                guard let octet = UInt8(String(decoding: hex[index..<index + 2], as: UTF8.self), radix: 16) else {
                    throw DecodingError.dataCorruptedError(forKey: .hex, in: container, debugDescription: "not hex")
                }
                return octet
            }
        }
    }
}

/// A name and its value, in JSON a list of two strings.
public struct Field: Decodable, Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let name: String

    /// The value.
    public let value: String

    /// A field of a test's own.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Reads `[name, value]`.
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        name = try container.decode(String.self)
        value = try container.decode(String.self)
        guard container.isAtEnd else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "more than a name and a value")
        }
    }

    /// `name=value`.
    public var description: String { "\(name)=\(value)" }
}
