// SPDX-License-Identifier: Apache-2.0

internal import STSCore

extension SessionTally {
    /// The tally as text: lines in order of day and domain, each with a checksum. Texts may be put one behind the other.
    public var text: [UInt8] {
        var text: [UInt8] = []
        for day in reportDays { text += self.text(of: day) }
        return text
    }

    /// The lines of one day, in the order of their domains.
    package func text(of day: ReportDay) -> [UInt8] {
        var text: [UInt8] = []
        if let totals = overflow.days[day] { text += TallyLine.overflow(totals, on: day) }
        for domain in domains(on: day) { text += lines(of: domain, on: day) }
        return text
    }

    private func lines(of domain: DomainName, on day: ReportDay) -> [UInt8] {
        days[day]?[domain].map { TallyLine.lines(of: $0, for: domain, on: day) } ?? []
    }

    /// A text read as a tally.
    public struct Reading: Hashable, Sendable {
        /// What the good lines say.
        public var tally: SessionTally

        /// The lines that could not be read; of very many the first 100.
        public var damagedLines: [DamagedLine]

        /// How many lines could not be read.
        public var damagedLineCount: Int
    }

    /// A line that could not be read; nothing of it was counted.
    public struct DamagedLine: Hashable, Sendable, CustomStringConvertible {
        /// Its number, from 1.
        public let number: Int

        /// The offset of its first octet.
        public let offset: Int

        /// What is wrong with it, for people.
        public let reason: String

        /// A sentence for people, which counts octets from 1.
        public var description: String { "line \(number), octet \(offset + 1): \(reason)" }
    }

    /// Reads the text form. A damaged line costs no other one; a last line without an end was cut short.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - limits: The bounds of the tally.
    public static func read(_ text: [UInt8], limits: SessionLimits = SessionLimits()) -> Reading {
        var reading = Reading(tally: SessionTally(limits: limits), damagedLines: [], damagedLineCount: 0)
        var start = text.startIndex
        var number = 1
        while start < text.endIndex {
            let end = text[start...].firstIndex(of: 0x0A)
            do throws(TallyLine.Fault) {
                guard let end else { throw .syntax }
                try reading.tally.add(TallyLine.read(text[start..<end], limits: limits))
            } catch {
                let reason = end == nil ? "the line has no end" : error.description
                if reading.damagedLineCount < 100 {
                    reading.damagedLines.append(DamagedLine(number: number, offset: start, reason: reason))
                }
                reading.damagedLineCount += 1
            }
            start = end.map { $0 + 1 } ?? text.endIndex
            number += 1
        }
        return reading
    }

    /// Adds what a line says.
    package mutating func add(_ content: TallyLine.Content) {
        switch content {
        case .sessions(_, _, let tally): merge(tally)
        case .overflow(let day, let totals): overflow.add(totals, on: day)
        case .replaced: break
        }
    }
}

extension ReportDay {
    /// Reads a date as in `2026-11-25`; nil if it is none of the years 0000 to 9999.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], parts.joined().allSatisfy(\.isASCIIDigit) else { return nil }
        let numbers = parts.map { $0.reduce(0) { $0 * 10 + Int64($1 - 0x30) } }
        // Days since 0000-03-01, so that the leap day ends a year.
        let year = numbers[1] <= 2 ? numbers[0] - 1 : numbers[0]
        let month = (numbers[1] + 9) % 12
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * month + 2) / 5 + numbers[2] - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let day = ReportDay(containing: UnixTime(secondsSinceEpoch: days * Self.seconds))
        guard day.description == text else { return nil }
        self = day
    }
}
