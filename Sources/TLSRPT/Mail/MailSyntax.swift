// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// What RFC 5322 asks of header fields, for writing and for reading them.
enum MailSyntax {
    /// The line length that should not be exceeded (section 2.1.1).
    static let preferredLineOctets = 78

    /// The length of a line with encoded words that must not be exceeded (RFC 2047 section 2).
    static let encodedLineOctets = 76

    /// The line length that must not be exceeded (section 2.1.1).
    static let maximumLineOctets = 998

    /// A header field whose words stand on as few lines of at most 78 octets as possible, 76 where there are encoded
    /// words; a word that is longer has a line to itself. It ends with CR LF.
    static func folded(_ name: String, _ words: [String]) -> String {
        var field = "\(name):"
        var lineOctets = field.utf8.count
        let limit = words.contains { $0.hasPrefix("=?") } ? encodedLineOctets : preferredLineOctets
        for (index, word) in words.enumerated() {
            let octets = word.utf8.count
            // A line that holds nothing but the field's name is more trouble to readers than a long one.
            if index > 0, lineOctets + 1 + octets > limit {
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
            return octets[..<at].isDotAtom() && right.count >= 2 && right.last == 0x5D && isText
        }
        return octets[..<at].isDotAtom() && right.isDotAtom()
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
        // Years outside 0 to 9999 are held within them: the weekday must be that of what is written. 1970-01-01 was a
        // Thursday.
        let weekday = (ReportDay(containing: CivilTime.held(moment)).daysSinceEpoch % 7 + 11) % 7
        let clock = [time.secondOfDay / 3_600, time.secondOfDay / 60 % 60, time.secondOfDay % 60]
        let year = String(time.civil.year)
        return "\(weekdays[Int(weekday)]), \(padded(time.civil.day)) \(months[Int(time.civil.month) - 1]) "
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
        return [text.quotedString]
    }

    /// A text from outside, fit to be shown on one line: characters that change how the text around them looks become
    /// U+FFFD, and what is longer than `limit` scalars is cut.
    static func visible(_ text: String, limit: Int) -> String { text.forPeople(limit: limit, replacement: "\u{FFFD}") }

    /// A text as encoded words of at most 64 octets, so that one has room after the field's name on its first line (RFC
    /// 2047 section 2), no character divided between two.
    private static func encodedWords(_ text: String) -> [String] {
        var words: [String] = []
        var pending: [UInt8] = []
        for scalar in text.unicodeScalars {
            let octets = Array(String(scalar).utf8)
            if pending.count + octets.count > 39 {
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
