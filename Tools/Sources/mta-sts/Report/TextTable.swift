// SPDX-License-Identifier: Apache-2.0

/// A table for a terminal: the first column is cut to what fits, numbers stand at the right.
struct TextTable {
    /// The width of a line, as that of what other commands print.
    static let lineWidth = 88

    private let title: String
    private let head: [String]
    private var rows: [[String]] = []
    private var note: String?

    /// A table with its title over the first column, and the heads of the other columns.
    init(_ title: String, _ head: String...) {
        self.title = title
        self.head = head
    }

    /// Adds a row; its first text may come from outside.
    mutating func add(_ first: String, _ others: String...) { rows.append([first] + others) }

    /// A line below the rows.
    mutating func setNote(_ text: String?) { note = text }

    /// The lines, none if there are no rows.
    func lines(style: Style) -> [String] {
        guard !rows.isEmpty else { return [] }
        let widths = head.indices.map { column in
            max(head[column].count, rows.map { $0[column + 1].count }.max() ?? 0)
        }
        let room = max(20, Self.lineWidth - 2 - widths.reduce(0) { $0 + $1 + 2 })
        let firsts = rows.map { Self.fitting($0[0], room) }
        let firstWidth = max(title.count - 2, firsts.map(Self.width).max() ?? 0)
        func line(_ others: [String]) -> String {
            zip(others, widths).map { "  " + $0.leftPadded(to: $1) }.joined()
        }
        let top =
            style.bold(title) + String(repeating: " ", count: firstWidth + 2 - title.count) + style.dim(line(head))
        var lines = [top]
        for (first, row) in zip(firsts, rows) {
            let blanks = String(repeating: " ", count: max(0, firstWidth - Self.width(first)))
            lines.append("  \(first)\(blanks)\(line(Array(row.dropFirst())))")
        }
        if let note { lines.append("  " + style.dim(note.wrapped(to: Self.lineWidth - 2, indent: "  "))) }
        return lines
    }

    /// A text from outside, safe to print, within a number of columns.
    static func fitting(_ text: String, _ columns: Int) -> String {
        let safe = SafeText.of(text)
        guard width(safe) > columns else { return safe }
        var result = ""
        var used = 0
        for scalar in safe.unicodeScalars {
            let next = SafeText.width(of: scalar)
            guard used + next <= columns - 3 else { break }
            result.unicodeScalars.append(scalar)
            used += next
        }
        return result + "..."
    }

    private static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + SafeText.width(of: $1) }
    }
}
