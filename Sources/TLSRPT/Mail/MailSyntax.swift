// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// What RFC 5322 asks of header fields, for writing and for reading them.
enum MailSyntax {
    /// The line length that should not be exceeded (section 2.1.1).
    static let preferredLineOctets = 78

    /// The line length that must not be exceeded (section 2.1.1).
    static let maximumLineOctets = 998

    /// A header field whose words stand on as few lines of at most 78 octets as possible; a word that is longer has a
    /// line to itself. It ends with CR LF.
    static func folded(_ name: String, _ words: [String]) -> String {
        var field = "\(name):"
        var lineOctets = field.utf8.count
        for (index, word) in words.enumerated() {
            let octets = word.utf8.count
            // A line that holds nothing but the field's name is more trouble to readers than a long one.
            if index > 0, lineOctets + 1 + octets > preferredLineOctets {
                field += "\r\n"
                lineOctets = 0
            }
            field += " \(word)"
            lineOctets += 1 + octets
        }
        return field + "\r\n"
    }

    /// Whether octets are `id-left "@" id-right` (section 3.6.4) in the forms that may be written.
    static func isMessageID(_ octets: ArraySlice<UInt8>) -> Bool {
        guard let at = octets.firstIndex(of: 0x40) else { return false }
        let right = octets[(at + 1)...]
        if right.first == 0x5B {
            let content = right.dropFirst().dropLast()
            let isText = content.allSatisfy { (0x21...0x5A).contains($0) || (0x5E...0x7E).contains($0) }
            return isDotAtom(octets[..<at]) && right.count >= 2 && right.last == 0x5D && isText
        }
        return isDotAtom(octets[..<at]) && isDotAtom(right)
    }

    /// `dot-atom-text` (section 3.2.3).
    static func isDotAtom(_ octets: ArraySlice<UInt8>) -> Bool {
        var isStart = true
        for octet in octets {
            if octet == 0x2E {
                if isStart { return false }
                isStart = true
            } else {
                guard octet.isAtomOctet else { return false }
                isStart = false
            }
        }
        return !isStart
    }

    /// The first index at or after `start` that belongs to neither blanks, line ends nor comments (section 3.2.2); the
    /// opening parenthesis of a comment that does not end.
    static func indexAfterComments(_ octets: [UInt8], from start: Int) -> Int {
        var index = start
        var depth = 0
        var opening = start
        while index < octets.count {
            switch octets[index] {
            case 0x28:
                if depth == 0 { opening = index }
                depth += 1
            case 0x29 where depth > 0: depth -= 1
            case 0x5C where depth > 0: index += 1
            case 0x09, 0x0A, 0x0D, 0x20: break
            default: if depth == 0 { return index }
            }
            index += 1
        }
        return depth == 0 ? octets.count : opening
    }

    /// A moment as the field Date writes it (section 3.3), in UTC, as in `Wed, 25 Nov 2026 16:42:46 +0000`.
    static func date(_ moment: UnixTime) -> String {
        let time = CivilTime(moment)
        // Years outside 0 to 9999 are held within them, so that the weekday must be that of what is written.
        let first: Int64 = -62_167_219_200
        let last: Int64 = 253_402_300_799
        let held = UnixTime(secondsSinceEpoch: min(max(moment.secondsSinceEpoch, first), last))
        // 1970-01-01 was a Thursday.
        let weekday = (ReportDay(containing: held).daysSinceEpoch % 7 + 11) % 7
        let clock = [time.secondOfDay / 3_600, time.secondOfDay / 60 % 60, time.secondOfDay % 60]
        let year = String(time.year)
        return "\(weekdays[Int(weekday)]), \(padded(time.day)) \(months[Int(time.month) - 1]) "
            + "\(String(repeating: "0", count: max(0, 4 - year.utf8.count)))\(year) "
            + "\(clock.map(padded).joined(separator: ":")) +0000"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : String(number) }

    /// The words of a display name for a field such as From: in quotes if it is plain ASCII, in encoded words (RFC 2047)
    /// otherwise. Control characters become U+FFFD; what is longer than 128 characters is cut.
    static func displayName(_ name: String) -> [String] {
        let text = visible(name, limit: 128)
        if text.isEmpty { return [] }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return encodedWords(text) }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        return [quoted + "\""]
    }

    /// A text from outside, fit to be shown on one line: control characters become U+FFFD, and what is longer than
    /// `limit` scalars is cut.
    static func visible(_ text: String, limit: Int) -> String {
        var visible = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(limit) {
            // Line and paragraph separators end a line to some readers.
            let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || scalar.value | 1 == 0x2029
            visible.append(isControl ? "\u{FFFD}" : scalar)
        }
        return String(visible)
    }

    /// A text as encoded words of at most 75 octets (RFC 2047 section 2), no character divided between two.
    private static func encodedWords(_ text: String) -> [String] {
        var words: [String] = []
        var pending: [UInt8] = []
        for scalar in text.unicodeScalars {
            let octets = Array(String(scalar).utf8)
            if pending.count + octets.count > 45 {
                words.append(encodedWord(pending))
                pending = []
            }
            pending += octets
        }
        return words + [encodedWord(pending)]
    }

    private static func encodedWord(_ octets: [UInt8]) -> String {
        "=?UTF-8?B?\(String(decoding: Base64.encoded(octets, lineOctets: nil), as: UTF8.self))?="
    }
}

extension UInt8 {
    /// `atext` (RFC 5322 section 3.2.3).
    var isAtomOctet: Bool {
        switch self {
        case _ where isASCIIAlphanumeric: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2F, 0x3D, 0x3F, 0x5E...0x60, 0x7B...0x7E: true
        default: false
        }
    }
}
