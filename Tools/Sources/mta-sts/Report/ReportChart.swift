// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// A chart of the sessions per day as SVG 1.1: above all sessions, below the failed ones by result type on a scale of
/// their own. It has no scripts and refers to nothing outside; texts of reports are escaped.
struct ReportChart {
    private static let width = 900.0
    private static let left = 78.0
    private static let right = 880.0

    // Colours that people with any colour vision tell apart (Okabe and Ito 2008).
    private static let okColor = "#0072B2"
    private static let failedColor = "#D55E00"
    private static let typeColors = ["#D55E00", "#E69F00", "#CC79A7", "#56B4E9", "#009E73", "#F0E442"]
    private static let otherColor = "#777777"
    private static let unexplainedColor = "#DDDDDD"

    private let tally: ReportTally
    private let data: ChartData
    private var body = ""

    /// The chart of a tally.
    static func svg(_ tally: ReportTally) -> String {
        var chart = ReportChart(tally: tally, data: ChartData(tally))
        return chart.drawn()
    }

    private init(tally: ReportTally, data: ChartData) {
        self.tally = tally
        self.data = data
    }

    private mutating func drawn() -> String {
        let title = "TLS sessions \(data.daysPerBar == 1 ? "per day" : "by \(data.daysPerBar) days")"
        text(Self.left, 30, title, size: 20, weight: "bold")
        text(Self.left, 52, subtitle, size: 13, color: "#444444")
        let sessions = Panel(
            top: 88,
            bottom: 268,
            maximum: data.bars.compactMap { $0.map { $0.ok + $0.failed } }.max() ?? 0
        )
        text(Self.left, 78, "All sessions", size: 14, weight: "bold")
        legend([("kept the policy", Self.okColor), ("failed", Self.failedColor)], top: 78, from: 640)
        draw(sessions) { [("kept the policy", $0.ok, Self.okColor), ("failed", $0.failed, Self.failedColor)] }
        let failures = Panel(top: 330, bottom: 510, maximum: data.bars.compactMap { $0?.failed }.max() ?? 0)
        text(Self.left, 320, "Failed sessions by result type", size: 14, weight: "bold")
        let parts = Array(zip(data.parts.map(name), data.parts.enumerated().map { color($1, at: $0) }))
        draw(failures) { bar in zip(parts, bar.shares).map { ($0.0, $1, $0.1) } }
        let rows = columnLegend(parts, top: 560)
        let height = 560.0 + Double(rows) * 20 + (parts.isEmpty ? 0 : 10)
        return Self.document(title: title, description: subtitle, height: height, body: body)
    }

    private static func document(title: String, description: String, height: Double, body: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="\(number(width))" height="\(number(height))" \
        viewBox="0 0 \(number(width)) \(number(height))" role="img" aria-labelledby="title description" \
        font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif">
        <title id="title">\(escaped(title))</title>
        <desc id="description">\(escaped(description))</desc>
        <rect width="100%" height="100%" fill="#FFFFFF"/>
        \(body)</svg>

        """
    }

    private var subtitle: String {
        let names = tally.domains.values.keys.filter { !$0.isEmpty }.sorted()
        let shown = names.prefix(3).map { SafeText.of($0, limit: 40) }.joined(separator: ", ")
        let domains = names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
        let counts = "\(counted(tally.reports, "report")), \(tally.counts.ok) ok, \(tally.counts.failed) failed"
        return domains.isEmpty ? counts : "\(domains): \(counts)"
    }

    private func name(_ part: ChartData.Part) -> String {
        switch part {
        case .type(let name): SafeText.of(name, limit: 40)
        case .otherTypes: "other types"
        case .unexplained: "not explained"
        }
    }

    private func color(_ part: ChartData.Part, at index: Int) -> String {
        switch part {
        case .type: Self.typeColors[index % Self.typeColors.count]
        case .otherTypes: Self.otherColor
        case .unexplained: Self.unexplainedColor
        }
    }
}

// One panel with its axes and bars.
extension ReportChart {
    private struct Panel {
        let top: Double
        let bottom: Double
        let maximum: Double

        /// The distance of the lines of the value axis: 1, 2 or 5 times a power of ten, so that there are at most five.
        var step: Double {
            var power = 1.0
            while maximum / power > 50 { power *= 10 }
            return [1.0, 2, 5, 10].map { $0 * power }.first { maximum / $0 <= 5 } ?? 10 * power
        }

        /// The value at the top.
        var ceiling: Double { max(step, (maximum / step).rounded(.up) * step) }

        func y(_ value: Double) -> Double { bottom - (bottom - top) * value / ceiling }
    }

    private mutating func draw(
        _ panel: Panel,
        _ parts: (ChartData.Bar) -> [(name: String, value: Double, color: String)]
    ) {
        var value = 0.0
        while value <= panel.ceiling {
            let y = panel.y(value)
            line(Self.left, y, Self.right, y, color: value == 0 ? "#333333" : "#D0D0D0")
            text(Self.left - 8, y + 4, Self.grouped(value), size: 12, anchor: "end")
            value += panel.step
        }
        guard panel.maximum > 0 else {
            let nothing = data.bars.isEmpty ? "no sessions" : panel.top > 300 ? "no failed sessions" : "no sessions"
            text((Self.left + Self.right) / 2, (panel.top + panel.bottom) / 2, nothing, size: 14, anchor: "middle")
            drawDays(panel)
            return
        }
        let slot = (Self.right - Self.left) / Double(max(1, data.bars.count))
        let width = min(40, slot * 0.8)
        for (index, bar) in data.bars.enumerated() {
            guard let bar else { continue }
            let x = Self.left + (Double(index) + 0.5) * slot - width / 2
            var sum = 0.0
            for part in parts(bar) where part.value > 0 {
                let (top, bottom) = (panel.y(sum + part.value), panel.y(sum))
                let note = "\(bar.day): \(Self.grouped(part.value.rounded())) \(part.name)"
                rectangle(x, top, width, bottom - top, part.color, note: note)
                sum += part.value
            }
        }
        drawDays(panel)
    }

    private mutating func drawDays(_ panel: Panel) {
        guard let first = data.firstDay else { return }
        let slot = (Self.right - Self.left) / Double(max(1, data.bars.count))
        let every = max(1, Int((90 / slot).rounded(.up)))
        for index in stride(from: 0, to: data.bars.count, by: every) {
            let x = Self.left + (Double(index) + 0.5) * slot
            line(x, panel.bottom, x, panel.bottom + 5, color: "#333333")
            let day = first.advanced(by: Int64(index) * data.daysPerBar)
            text(x, panel.bottom + 19, day.description, size: 12, anchor: "middle")
        }
    }

    private mutating func legend(_ entries: [(String, String)], top: Double, from start: Double) {
        var x = start
        for (name, color) in entries {
            rectangle(x, top - 11, 13, 13, color)
            text(x + 19, top, name, size: 13)
            x += 140
        }
    }

    /// Draws entries in three columns and gives the number of rows.
    private mutating func columnLegend(_ entries: [(String, String)], top: Double) -> Int {
        for (index, (name, color)) in entries.enumerated() {
            let x = Self.left + Double(index % 3) * 268
            let y = top + Double(index / 3) * 20
            rectangle(x, y - 11, 13, 13, color)
            text(x + 19, y, name, size: 13)
        }
        return (entries.count + 2) / 3
    }
}

// The elements of SVG.
extension ReportChart {
    private mutating func text(
        _ x: Double,
        _ y: Double,
        _ text: String,
        size: Int,
        weight: String = "normal",
        anchor: String = "start",
        color: String = "#111111"
    ) {
        body += """
            <text x="\(Self.number(x))" y="\(Self.number(y))" font-size="\(size)" font-weight="\(weight)" \
            text-anchor="\(anchor)" fill="\(color)">\(Self.escaped(text))</text>

            """
    }

    private mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String) {
        body += """
            <line x1="\(Self.number(x1))" y1="\(Self.number(y1))" x2="\(Self.number(x2))" y2="\(Self.number(y2))" \
            stroke="\(color)"/>

            """
    }

    private mutating func rectangle(
        _ x: Double,
        _ y: Double,
        _ width: Double,
        _ height: Double,
        _ color: String,
        note: String? = nil
    ) {
        let title = note.map { "<title>\(Self.escaped($0))</title>" } ?? ""
        body += """
            <rect x="\(Self.number(x))" y="\(Self.number(y))" width="\(Self.number(width))" \
            height="\(Self.number(max(height, 0.5)))" fill="\(color)" stroke="#333333" stroke-width="0.4">\(title)</rect>

            """
    }

    /// A text as the content of an element, whatever is in it.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in SafeText.of(text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A coordinate with one decimal.
    private static func number(_ value: Double) -> String {
        let tenths = Int(min(max(value * 10, -1e6), 1e6).rounded())
        let sign = tenths < 0 ? "-" : ""
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(sign)\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    /// A number with commas between the thousands.
    static func grouped(_ value: Double) -> String {
        let digits = String(Int(min(max(value, 0), 9e18)))
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result += "," }
            result.append(digit)
        }
        return result
    }
}
