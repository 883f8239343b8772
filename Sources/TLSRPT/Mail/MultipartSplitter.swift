// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// Divides the body of a multipart at its boundaries (RFC 2046 section 5.1.1).
struct MultipartSplitter {
    let boundary: [UInt8]
    /// The most parts that are given; the search ends there.
    let limit: Int

    private enum Delimiter { case opening, closing }

    /// The ranges of the parts, headers included, without the line ends that belong to the boundaries.
    func parts(_ octets: Span<UInt8>, _ body: Range<Int>, _ deviations: inout DeviationCollector) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start: Int?
        var line = body.lowerBound
        while line < body.upperBound, parts.count < limit {
            let lineFeed = octets.index(of: 0x0A, from: line, to: body.upperBound)
            if let delimiter = delimiter(octets, from: line, to: lineFeed) {
                if let start {
                    parts.append(start..<max(start, contentEnd(octets, line, body.lowerBound, &deviations)))
                }
                if delimiter == .closing {
                    if start == nil { deviations.note(.missingBoundary, at: body.lowerBound) }
                    return parts
                }
                start = min(lineFeed + 1, body.upperBound)
            }
            line = lineFeed + 1
        }
        guard parts.count < limit else { return parts }
        if let start {
            deviations.note(.missingClosingBoundary, at: body.upperBound)
            parts.append(start..<body.upperBound)
        } else {
            deviations.note(.missingBoundary, at: body.lowerBound)
        }
        return parts
    }

    /// The end of a part before a boundary's line: the line end between them belongs to the boundary.
    private func contentEnd(
        _ octets: Span<UInt8>,
        _ line: Int,
        _ start: Int,
        _ deviations: inout DeviationCollector
    ) -> Int {
        guard line > start else { return line }
        let lineFeed = line - 1
        guard lineFeed > start, octets[lineFeed - 1] == 0x0D else {
            deviations.note(.bareLineFeed, at: lineFeed)
            return lineFeed
        }
        return lineFeed - 1
    }

    /// Whether a line is `--boundary` or `--boundary--`, with nothing but blanks after it. A boundary that another
    /// one begins with must not be taken for that one.
    private func delimiter(_ octets: Span<UInt8>, from start: Int, to end: Int) -> Delimiter? {
        let boundaryEnd = start + 2 + boundary.count
        guard boundaryEnd <= end, octets[start] == 0x2D, octets[start + 1] == 0x2D else { return nil }
        for (offset, octet) in boundary.enumerated() where octets[start + 2 + offset] != octet { return nil }
        let isClosing = octets.hasPrefix("--", at: boundaryEnd, to: end)
        var rest = isClosing ? boundaryEnd + 2 : boundaryEnd
        while rest < end, octets[rest].isBlank || octets[rest] == 0x0D { rest += 1 }
        guard rest == end else { return nil }
        return isClosing ? .closing : .opening
    }
}
