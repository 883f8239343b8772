// SPDX-License-Identifier: Apache-2.0

/// A server's reply to a command (RFC 5321 section 4.2).
public struct SMTPReply: Hashable, Sendable, CustomStringConvertible {
    /// The three digits, 200 to 599.
    public let code: Int

    /// The text of each line, as the server sent it; octets that are not UTF-8 became U+FFFD.
    public let lines: [String]

    /// A reply.
    public init(code: Int, lines: [String]) {
        self.code = code
        self.lines = lines
    }

    /// Whether the command was carried out (2yz) or the server waits for what belongs to it (3yz).
    public var isPositive: Bool { code < 400 }

    /// Whether another attempt may succeed (4yz).
    public var isTemporary: Bool { (400...499).contains(code) }

    /// Whether no attempt like this one will succeed (5yz).
    public var isPermanent: Bool { code >= 500 }

    /// Code and text on one line that is safe to print: control characters and what is over 300 characters are left
    /// out.
    public var description: String { "\(code) \(PrintableText.of(lines.joined(separator: " ")))" }
}

/// Text of a server as it may be printed.
enum PrintableText {
    /// The text without control and format characters, at most 300 characters long.
    static func of(_ text: String) -> String {
        var printable = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.lazy.filter(isPrintable).prefix(300) { printable.append(scalar) }
        return String(printable)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
