// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TextDiagnosis

/// Walks a policy file as its author meant it, and notes where that is not what a reader sees.
///
/// It decides nothing about validity: the verdicts come from the parsers. A finding is an error only where the sender's
/// parser is bound to refuse the text.
struct PolicyExaminer {
    typealias Rule = STSPolicy.Rule
    typealias Severity = STSPolicy.Severity

    /// A line without its line end.
    struct Line {
        let number: Int
        let range: Range<Int>
    }

    /// A name and a value as the parser finds them.
    struct Shape {
        let name: Range<Int>
        let value: Range<Int>
    }

    /// An `mx` value that is a pattern.
    struct Entry {
        /// In lower case, without a final dot.
        let canonical: String
        let octets: Range<Int>
    }

    /// What is examined: the text, or its beginning if it is too large.
    let octets: [UInt8]
    let isCut: Bool
    var findings = FindingList<Rule, Severity>(limit: STSPolicy.Diagnosis.maximumFindings)

    var lines: [Line] = []
    /// The fields that the parser finds.
    var present: Set<PolicyField> = []
    var isModeNone = false

    /// The line where a field is first meant, in whatever spelling.
    var meant: [PolicyField: Int] = [:]
    /// The line of the field that counts.
    var counted: [PolicyField: Line] = [:]
    var meantMode: STSPolicy.Mode?
    /// Whether ``meantMode`` was made out of a value that is no mode, or stands where no reader looks for one.
    var isModeGuessed = false
    var maxAge: (seconds: Int, octets: Range<Int>)?
    var entries: [Entry] = []
    var entryLines: [String: Int] = [:]
    /// The first line of each field that senders do not know.
    var unknownLines: [ArraySlice<UInt8>: Int] = [:]
    /// Whether what is looked at was meant as a line, yet stands within one.
    var isWithinLine = false

    init(_ text: [UInt8]) {
        isCut = text.count > STSPolicy.maximumOctets
        guard isCut else {
            octets = text
            return
        }
        // A line cut in two would be misread.
        let start = text.prefix(STSPolicy.maximumOctets)
        octets = Array(start.lastIndex(of: 0x0A).map { start[...$0] } ?? start)
        findings.add(
            .tooLarge,
            .error,
            STSPolicy.maximumOctets..<text.count,
            """
            The file has \(text.count) octets; senders read at most \(STSPolicy.maximumOctets). Serve nothing but the \
            policy.
            """
        )
    }

    mutating func examine() {
        var start = 0
        if octets.starts(with: [0xEF, 0xBB, 0xBF]) {
            findings.add(.byteOrderMark, .error, 0..<3, "The file begins with a byte order mark: save it without one.")
            start = 3
        }
        if examineKindOfDocument(from: start) { return }
        splitLines(from: start)
        findPresentFields()
        var blankLines: Range<Int>?
        for line in lines.dropFirst(skipFrontMatter()) {
            let end = octets.span.endBeforeBlanks(from: line.range.lowerBound, to: line.range.upperBound)
            if end == line.range.lowerBound {
                blankLines = (blankLines?.lowerBound ?? line.range.lowerBound)..<line.range.upperBound
                continue
            }
            reportBlankLines(&blankLines)
            examine(line, end: end)
        }
        reportBlankLines(&blankLines)
        examineWhole()
    }

    private mutating func splitLines(from first: Int) {
        var start = first
        while start < octets.count {
            let lineFeed = octets.span.index(of: 0x0A, from: start, to: octets.count)
            let hasCR = lineFeed < octets.count && lineFeed > start && octets[lineFeed - 1] == 0x0D
            lines.append(Line(number: lines.count + 1, range: start..<(hasCR ? lineFeed - 1 : lineFeed)))
            start = lineFeed + 1
        }
    }

    private mutating func findPresentFields() {
        for line in lines {
            guard let shape = shape(of: line.range), let field = PolicyField(exactly: octets[shape.name]) else {
                continue
            }
            if field == .mode, !present.contains(.mode) { isModeNone = octets[shape.value].elementsEqual("none".utf8) }
            present.insert(field)
        }
    }

    /// The name and value that the parser finds in a line, nil if it finds none.
    func shape(of line: Range<Int>) -> Shape? {
        let text = octets.span
        let end = text.endBeforeBlanks(from: line.lowerBound, to: line.upperBound)
        guard line.lowerBound < end, text[line.lowerBound].isASCIIAlphanumeric else { return nil }
        var nameEnd = line.lowerBound + 1
        while nameEnd < end, text[nameEnd].isExtensionNameTail { nameEnd += 1 }
        guard nameEnd < end, text[nameEnd] == 0x3A else { return nil }
        return Shape(
            name: line.lowerBound..<nameEnd,
            value: text.indexAfterBlanks(from: nameEnd + 1, to: end)..<end
        )
    }

    private mutating func reportBlankLines(_ range: inout Range<Int>?) {
        guard let blank = range else { return }
        range = nil
        findings.add(.blankLine, .warning, blank, "A blank line: some senders refuse the policy for it. Delete it.")
    }

    private mutating func examine(_ line: Line, end: Int) {
        if end < line.range.upperBound, octets[end - 1] != 0x3A {
            findings.add(
                .trailingBlank,
                .note,
                end..<line.range.upperBound,
                "Blanks at the end of the line: allowed, and without meaning."
            )
        }
        let text = line.range.lowerBound..<end
        guard let carriageReturn = octets[text].firstIndex(of: 0x0D) else { return examineStretch(text, line) }
        findings.add(
            .bareCR,
            .error,
            carriageReturn..<carriageReturn + 1,
            "A carriage return without a line feed ends no line: save the file with LF or CRLF line ends."
        )
        // What was meant as lines is looked at as lines.
        let stretches = octets[text].split(separator: 0x0D).map { $0.startIndex..<$0.endIndex }
        if let first = stretches.first { examineStretch(first, line) }
        examineWithinLine(stretches.dropFirst(), line)
    }

    /// Examines stretches after the first that were meant as lines. They count for no line: no reader sees them as such.
    mutating func examineWithinLine(_ stretches: ArraySlice<Range<Int>>, _ line: Line) {
        let wasWithinLine = isWithinLine
        isWithinLine = true
        for stretch in stretches { examineStretch(stretch, line) }
        isWithinLine = wasWithinLine
    }

    private mutating func examineStretch(_ stretch: Range<Int>, _ line: Line) {
        let end = octets.span.endBeforeBlanks(from: stretch.lowerBound, to: stretch.upperBound)
        guard end > stretch.lowerBound else { return }
        let range = stretch.lowerBound..<end
        let text = PlainText(octets.span, from: range.lowerBound, to: range.upperBound)
        if let shape = shape(of: range) {
            examineField(shape, text, Line(number: line.number, range: range))
        } else {
            examineMisshapen(text, Line(number: line.number, range: range))
        }
    }

    /// A piece of the text between quotation marks.
    func quoted(_ range: Range<Int>) -> String { quoted(octets[range]) }

    /// A piece of some text between quotation marks.
    func quoted(_ octets: ArraySlice<UInt8>) -> String { "\"" + excerpt(octets) + "\"" }
}
