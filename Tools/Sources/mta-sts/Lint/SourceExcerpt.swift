// SPDX-License-Identifier: Apache-2.0

/// A line of a text as a terminal may show it, and a caret under a place in it.
///
/// Tabs become spaces, what is unsafe or not UTF-8 is written out, and wide characters take two columns. Of a long
/// line only what is near the place is shown; the work is bounded whatever the line's length.
struct SourceExcerpt: Equatable {
    private static let reach = 400
    private static let columnsBefore = 60
    private static let columnsAfter = 40
    private static let tabWidth = 4

    /// The line.
    let line: String

    /// Spaces, then `^` and as many `~` as the place goes on within the line.
    let caret: String

    init(_ text: [UInt8], at place: Range<Int>) {
        let start = min(place.lowerBound, text.count)
        let bounds = Self.lineBounds(text, around: start)
        var cells = Self.cells(text, bounds.lowerBound, bounds.upperBound)
        let isCutBefore = bounds.lowerBound > 0 && text[bounds.lowerBound - 1] != 0x0A
        let isCutAfter = bounds.upperBound < text.count && bounds.upperBound - start >= Self.reach
        var hasLeft = isCutBefore
        var hasRight = isCutAfter
        let before = cells.prefix { $0.end <= start }
        var width = before.reduce(0) { $0 + $1.width }
        var dropped = 0
        while width > Self.columnsBefore, dropped < before.count {
            width -= cells[dropped].width
            dropped += 1
            hasLeft = true
        }
        cells.removeFirst(dropped)
        var shown = 0
        var kept: [Cell] = []
        for cell in cells {
            guard shown + cell.width <= width + Self.columnsAfter else {
                hasRight = true
                break
            }
            kept.append(cell)
            shown += cell.width
        }
        let marked = kept.filter { $0.end > start && $0.start < place.upperBound }.reduce(0) { $0 + $1.width }
        let lead = hasLeft ? "..." : ""
        line = lead + kept.map(\.text).joined() + (hasRight ? "..." : "")
        let blanks = String(repeating: " ", count: lead.count + width)
        caret = blanks + "^" + String(repeating: "~", count: max(0, marked - 1))
    }

    /// The part of the line around an offset, without its line end.
    private static func lineBounds(_ text: [UInt8], around offset: Int) -> Range<Int> {
        var start = offset
        while start > 0, offset - start < reach, text[start - 1] != 0x0A { start -= 1 }
        // Do not begin within a character.
        while start > 0, start < offset, offset - start >= reach - 4, text[start] & 0xC0 == 0x80 { start += 1 }
        var end = offset
        while end < text.count, end - offset < reach, text[end] != 0x0A { end += 1 }
        if end > offset, end < text.count, text[end] == 0x0A, text[end - 1] == 0x0D { end -= 1 }
        return start..<end
    }

    /// A character as it is shown.
    private struct Cell {
        let start: Int
        let end: Int
        let text: String
        let width: Int
    }

    private static func cells(_ text: [UInt8], _ start: Int, _ end: Int) -> [Cell] {
        var cells: [Cell] = []
        var column = 0
        var index = start
        while index < end {
            let (scalar, length) = character(text, at: index, to: end)
            let shown: String
            let width: Int
            if text[index] == 0x09 {
                width = tabWidth - column % tabWidth
                shown = String(repeating: " ", count: width)
            } else if let scalar {
                shown = SafeText.piece(scalar)
                width = shown.unicodeScalars.count == 1 ? SafeText.width(of: scalar) : shown.count
            } else {
                shown = "<\(SafeText.hexadecimal(UInt32(text[index]), digits: 2))>"
                width = shown.count
            }
            cells.append(Cell(start: index, end: index + length, text: shown, width: width))
            column += width
            index += length
        }
        return cells
    }

    /// The character at an index, or one octet that is not UTF-8.
    private static func character(_ text: [UInt8], at index: Int, to end: Int) -> (Unicode.Scalar?, Int) {
        let length =
            switch text[index] {
            case ..<0x80: 1
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 0
            }
        guard length > 0, index + length <= end,
            let character = String(validating: text[index..<index + length], as: UTF8.self)
        else { return (nil, 1) }
        return (character.unicodeScalars.first, length)
    }
}
