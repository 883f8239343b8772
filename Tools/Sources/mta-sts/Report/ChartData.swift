// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// What a chart shows: bars of one or more days, each with its sessions and what failed.
struct ChartData: Sendable {
    /// The most bars; with more days than that a bar stands for several.
    static let maximumBars = 62

    /// The most result types with a colour of their own.
    static let maximumTypes = 6

    /// A part of the failed sessions.
    enum Part: Hashable, Sendable {
        case type(String)
        case otherTypes
        case unexplained
    }

    /// One bar.
    struct Bar: Sendable {
        let day: ReportDay
        let ok: Double
        let failed: Double
        /// The failed sessions by ``ChartData/parts``, in their order. A session with several failures is shared out
        /// among them, so that the parts make up ``failed``.
        let shares: [Double]
    }

    let bars: [Bar?]
    let daysPerBar: Int64
    let parts: [Part]
    let firstDay: ReportDay?

    init(_ tally: ReportTally) {
        let days = tally.days.values
        let numbers = days.keys.map(\.daysSinceEpoch)
        guard let first = numbers.min(), let last = numbers.max() else {
            (bars, daysPerBar, parts, firstDay) = ([], 1, [], nil)
            return
        }
        // Days are those of the years 0 to 9999 or so: reports have no others.
        let span = last &- first &+ 1
        let step = max(1, (span + Int64(Self.maximumBars) - 1) / Int64(Self.maximumBars))
        let ranked = tally.types.sorted(by: <).map(\.key)
        let top = Array(ranked.prefix(Self.maximumTypes))
        let parts = top.map { Part.type($0) } + [.otherTypes, .unexplained]
        var groups: [Int: [ReportTally.Day]] = [:]
        for (day, value) in days { groups[Int((day.daysSinceEpoch - first) / step), default: []].append(value) }
        let start = ReportDay(containing: UnixTime(secondsSinceEpoch: 0)).advanced(by: first)
        let bars: [Bar?] = (0..<Int((span + step - 1) / step)).map { index in
            groups[index].map { Self.bar(start.advanced(by: Int64(index) * step), $0, parts) }
        }
        // Parts that occur nowhere need no place in the legend.
        let used = parts.indices.filter { part in bars.contains { ($0?.shares[part] ?? 0) > 0 } }
        self.parts = used.map { parts[$0] }
        self.bars = bars.map { bar in
            bar.map { Bar(day: $0.day, ok: $0.ok, failed: $0.failed, shares: used.map($0.shares.element(at:))) }
        }
        daysPerBar = step
        firstDay = start
    }

    private static func bar(_ day: ReportDay, _ values: [ReportTally.Day], _ parts: [Part]) -> Bar {
        var (ok, failed) = (0.0, 0.0)
        var shares = [Double](repeating: 0, count: parts.count)
        for value in values {
            ok += Double(value.counts.ok)
            failed += Double(value.counts.failed)
            let details = value.types.values.mapValues { Double($0) }
            let sum = details.values.reduce(Double(value.types.others ?? 0), +)
            let scale = sum > Double(value.counts.failed) ? Double(value.counts.failed) / sum : 1
            var explained = 0.0
            for (index, part) in parts.enumerated() {
                guard case .type(let name) = part else { continue }
                shares[index] += scale * (details[name] ?? 0)
                explained += scale * (details[name] ?? 0)
            }
            for (index, part) in parts.enumerated() {
                if part == .otherTypes { shares[index] += max(0, scale * sum - explained) }
                if part == .unexplained { shares[index] += max(0, Double(value.counts.failed) - scale * sum) }
            }
        }
        return Bar(day: day, ok: ok, failed: failed, shares: shares.map { $0 < 0.001 ? 0 : $0 })
    }
}

extension Array {
    fileprivate func element(at index: Int) -> Element { self[index] }
}

extension ReportDay {
    /// The day so many days later.
    func advanced(by days: Int64) -> ReportDay {
        ReportDay(containing: start.advanced(bySeconds: days.multipliedReportingOverflow(by: 86_400).partialValue))
    }
}
