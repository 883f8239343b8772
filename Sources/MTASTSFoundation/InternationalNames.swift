// SPDX-License-Identifier: Apache-2.0

// Full Foundation: FoundationEssentials alone would percent-encode U-labels instead of converting them.
internal import Foundation
public import MTASTS

extension DomainName {
    /// Reads a name that may be written in U-labels, converted to A-labels (RFC 5891, RFC 8461 section 3.1).
    ///
    /// The Punycode of labels that begin with `xn--` already is not checked.
    ///
    /// - Throws: ``DomainName/ParseError``; its code is `notASCII` if the conversion failed.
    public init(convertingULabels text: String) throws(ParseError) {
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            try self.init(parsing: text)
            return
        }
        // RFC 3490 section 3.1: these stand for the dot.
        let dots: Set<Character> = ["\u{3002}", "\u{FF0E}", "\u{FF61}"]
        let dotted = String(text.map { dots.contains($0) ? "." : $0 })
        let hasFinalDot = dotted.hasSuffix(".")
        var components = URLComponents()
        components.scheme = "https"
        components.host = hasFinalDot ? String(dotted.dropLast()) : dotted
        guard let converted = components.encodedHost, !converted.contains("%"),
            converted.utf8.allSatisfy({ $0 < 0x80 })
        else {
            try self.init(parsing: text)  // throws at the first octet that is not ASCII, if not before
            return
        }
        try self.init(parsing: converted)
    }
}

extension NextHop {
    /// Reads the domain part of a mail address, which may be in U-labels.
    ///
    /// - Throws: `DomainName.ParseError` if the text is neither a name nor an address literal.
    public init(recipientDomainConvertingULabels text: String) throws(DomainName.ParseError) {
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            try self.init(recipientDomain: text)
        } else {
            self = .domain(try DomainName(convertingULabels: text))
        }
    }
}
