// SPDX-License-Identifier: Apache-2.0

// Octet classes and helpers of the reference parsers. These are written from the grammars of RFC 8461 and RFC 8460 by
// splitting arrays, slowly and with nothing in common with the library, so that a fault is unlikely to be in both.

typealias Text = [UInt8]

func octets(_ literal: String) -> Text { Array(literal.utf8) }

let letters = Set(octets("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
let digits = Set(octets("0123456789"))
let hexDigits = Set(octets("0123456789abcdefABCDEF"))
let alphanumerics = letters.union(digits)
let blanks: Set<UInt8> = [0x20, 0x09]

func withoutLeadingBlanks(_ text: Text) -> Text { Array(text.drop { blanks.contains($0) }) }

func withoutTrailingBlanks(_ text: Text) -> Text { Text(withoutLeadingBlanks(text.reversed()).reversed()) }

func split(_ text: Text, at separator: UInt8) -> [Text] {
    text.split(separator: separator, omittingEmptySubsequences: false).map { Array($0) }
}

/// The parts before and after the first `separator`, or nil if there is none.
func cut(_ text: Text, at separator: UInt8) -> (before: Text, after: Text)? {
    guard let place = text.firstIndex(of: separator) else { return nil }
    return (Array(text[..<place]), Array(text[(place + 1)...]))
}

/// extname := [A-Za-z0-9] [A-Za-z0-9_.-]{0,31}
func isExtensionName(_ text: Text) -> Bool {
    guard let first = text.first, text.count <= 32 else { return false }
    return alphanumerics.contains(first) && text.allSatisfy(alphanumerics.union(octets("_.-")).contains)
}

/// A field that is not one of those the text is about.
public struct ReferenceField: Hashable, Sendable {
    /// The name.
    public let name: [UInt8]
    /// The value.
    public let value: [UInt8]
}

/// Of fields with one name the first.
func firstOfEachName(_ fields: [ReferenceField]) -> [ReferenceField] {
    var result: [ReferenceField] = []
    for field in fields where !result.contains(where: { $0.name == field.name }) { result.append(field) }
    return result
}
