// SPDX-License-Identifier: Apache-2.0

/// Colours, or none.
struct Style: Sendable {
    /// Whether colours are used.
    let isColored: Bool

    /// No colours.
    static let plain = Style(isColored: false)

    /// Colours if standard output may have them.
    static var standardOutput: Style { Style(isColored: Terminal.allowsColor(.output)) }

    func bold(_ text: String) -> String { wrap(text, "1") }
    func red(_ text: String) -> String { wrap(text, "1;31") }
    func yellow(_ text: String) -> String { wrap(text, "33") }
    func green(_ text: String) -> String { wrap(text, "32") }
    func dim(_ text: String) -> String { wrap(text, "2") }

    /// A severity in its colour.
    func severity(_ severity: Severity) -> String {
        switch severity {
        case .error: red(severity.rawValue)
        case .warning: yellow(severity.rawValue)
        case .note: severity.rawValue
        }
    }

    private func wrap(_ text: String, _ code: String) -> String {
        isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

/// How bad a finding is.
enum Severity: String, Codable, Sendable, CaseIterable {
    /// For information; it leaves the exit code at 0.
    case note
    /// Some senders will refuse it, or it is likely not what is meant.
    case warning
    /// Senders refuse it, or mail is at risk.
    case error
}

extension String {
    /// The text filled with spaces at its end up to a width.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    /// The text broken at spaces into lines of at most `width` characters, as far as its words allow.
    func wrapped(to width: Int, indent: String = "") -> String {
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ") {
            if !line.isEmpty, line.count + word.count + 1 > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        lines.append(line)
        return lines.joined(separator: "\n" + indent)
    }
}

/// A count with its noun: "1 octet", "2 octets".
func counted(_ number: Int, _ noun: String) -> String { number == 1 ? "1 \(noun)" : "\(number) \(noun)s" }
