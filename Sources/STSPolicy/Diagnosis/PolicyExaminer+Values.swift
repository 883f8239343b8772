// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import TextDiagnosis

// Rules about the values of version, mode and max_age.

extension PolicyExaminer {
    /// Takes down a value that senders take, and notes what may be wrong with it all the same.
    mutating func noteAccepted(_ field: PolicyField, _ value: ArraySlice<UInt8>, _ place: Range<Int>) {
        switch field {
        case .version:
            return
        case .mode:
            take(STSPolicy.Mode(rawValue: String(decoding: value, as: UTF8.self)), isGuessed: false)
        case .maxAge:
            guard maxAge == nil else { return }
            let seconds = value.reduce(0) { $0 * 10 + Int($1 &- 0x30) }  // at most ten digits
            maxAge = (min(seconds, STSPolicy.maximumMaxAge), place)
            guard seconds > STSPolicy.maximumMaxAge else { return }
            findings.add(
                .maxAgeTooLarge,
                .warning,
                place,
                """
                max_age is over the limit of \(STSPolicy.maximumMaxAge) seconds (a year): some senders refuse the policy, the \
                others lower it. Write \(STSPolicy.maximumMaxAge) or less.
                """
            )
        case .mx:
            noteAcceptedMX(value, place)
        }
    }

    /// Takes down a mode. The first counts, but for a guess before a mode in a line of its own.
    private mutating func take(_ mode: STSPolicy.Mode?, isGuessed: Bool) {
        let isGuess = isGuessed || isWithinLine
        guard meantMode == nil || isModeGuessed && !isGuess else { return }
        (meantMode, isModeGuessed) = (mode, isGuess)
    }

    mutating func explainVersion(_ value: ArraySlice<UInt8>, _ place: Range<Int>) {
        if value.isWord("STSv1") {
            findings.add(
                .valueCase,
                .error,
                place,
                "\(quoted(value)): upper and lower case count: write \"version: STSv1\"."
            )
        } else {
            findings.add(
                .versionValue,
                .error,
                place,
                "\(quoted(value)) is no version of MTA-STS: write \"version: STSv1\", the only one there is."
            )
        }
    }

    mutating func explainMode(_ value: ArraySlice<UInt8>, _ place: Range<Int>) {
        let word = value.map(\.asciiLowercased)
        if let mode = STSPolicy.Mode.allCases.first(where: { word.elementsEqual($0.rawValue.utf8) }) {
            take(mode, isGuessed: false)
            findings.add(
                .valueCase,
                .error,
                place,
                "\(quoted(value)): the mode is written in lower case: write \"mode: \(mode.rawValue)\"."
            )
            return
        }
        let mode =
            Self.usualModes[String(decoding: word, as: UTF8.self)]
            ?? STSPolicy.Mode.allCases.first { editDistance(word, Array($0.rawValue.utf8), limit: 2) != nil }
        take(mode, isGuessed: true)
        let advice = mode.map { "write \"mode: \($0.rawValue)\"" } ?? PolicyField.mode.advice
        findings.add(
            .modeValue,
            .error,
            place,
            "\(quoted(value)) is no mode; there are enforce, testing and none: \(advice)."
        )
    }

    private static let usualModes: [String: STSPolicy.Mode] = [
        "test": .testing, "tests": .testing, "report": .testing, "reporting": .testing, "monitor": .testing,
        "report-only": .testing, "monitoring": .testing, "staging": .testing, "dry-run": .testing,
        "enforcing": .enforce, "enforced": .enforce, "enforcement": .enforce, "strict": .enforce, "live": .enforce,
        "active": .enforce, "on": .enforce, "production": .enforce, "require": .enforce, "true": .enforce,
        "off": .none, "disabled": .none, "disable": .none, "no": .none, "false": .none, "null": .none,
        "inactive": .none,
    ]

    mutating func explainMaxAge(_ value: ArraySlice<UInt8>, _ place: Range<Int>) {
        if value.allSatisfy(\.isASCIIDigit) {
            findings.add(
                .maxAgeDigits,
                .error,
                place,
                """
                max_age has \(value.count) digits: at most 10 are allowed, and the limit is \(STSPolicy.maximumMaxAge). Write \
                seconds, not milliseconds, without leading zeros.
                """
            )
        } else if let digits = value.withoutSeparators {
            findings.add(
                .maxAgeSeparator,
                .error,
                place,
                "\(quoted(value)): write max_age without thousands separators: \"max_age: \(digits)\"."
            )
        } else if let (number, unit) = value.numberAndUnit {
            let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
            let advice = overflow ? STSPolicy.maximumMaxAge : min(seconds, STSPolicy.maximumMaxAge)
            findings.add(
                .maxAgeUnit,
                .error,
                place,
                "\(quoted(value)): max_age is in seconds, without a unit: write \"max_age: \(advice)\"."
            )
        } else {
            findings.add(
                .maxAgeValue,
                .error,
                place,
                "\(quoted(value)) is no whole number of seconds: \(PolicyField.maxAge.advice)."
            )
        }
    }

    /// Judges how long the policy lasts, which depends on its mode.
    mutating func examineDuration() {
        guard let maxAge, meantMode != STSPolicy.Mode.none else { return examineDurationOfNone() }
        let day = 86_400
        if maxAge.seconds < day {
            findings.add(
                .maxAgeUnderDay,
                .warning,
                maxAge.octets,
                """
                max_age is shorter than a day, so that senders forget the policy before it can protect: write at least \
                604800 (a week), and more once mode is enforce.
                """
            )
        } else if maxAge.seconds < 7 * day {
            findings.add(
                .maxAgeUnderWeek,
                .note,
                maxAge.octets,
                """
                max_age is shorter than the weeks that are advised: fine while testing; for enforce write 604800 (a week) to \
                \(STSPolicy.maximumMaxAge) (a year).
                """
            )
        }
    }

    private mutating func examineDurationOfNone() {
        guard let maxAge, maxAge.seconds < 86_400 else { return }
        findings.add(
            .maxAgeUnderDay,
            .note,
            maxAge.octets,
            "max_age is shorter than a day: fine for mode none; RFC 8461 suggests a day (86400)."
        )
    }
}

extension ArraySlice<UInt8> {
    /// The digits of a number written in groups of three, or nil if it is not so written.
    fileprivate var withoutSeparators: String? {
        guard count <= 20, let first, first.isASCIIDigit else { return nil }
        let groups = split(omittingEmptySubsequences: false) { [0x2C, 0x2E, 0x5F, 0x27, 0x20].contains($0) }
        guard groups.count > 1, (1...3).contains(groups[0].count), groups.allSatisfy({ $0.allSatisfy(\.isASCIIDigit) }),
            groups.dropFirst().allSatisfy({ $0.count == 3 })
        else { return nil }
        return String(decoding: groups.joined(), as: UTF8.self)
    }

    /// A number and the seconds of the unit after it.
    fileprivate var numberAndUnit: (number: Int, unit: Int)? {
        let digits = prefix(while: \.isASCIIDigit)
        guard (1...9).contains(digits.count) else { return nil }
        let word = String(decoding: self[digits.endIndex...].trimmed.map(\.asciiLowercased), as: UTF8.self)
        let seconds: Int
        switch word {
        case "s", "sec", "secs", "second", "seconds": seconds = 1
        case "m", "min", "mins", "minute", "minutes": seconds = 60
        case "h", "hr", "hrs", "hour", "hours": seconds = 3_600
        case "d", "day", "days": seconds = 86_400
        case "w", "wk", "week", "weeks": seconds = 604_800
        case "mo", "month", "months": seconds = 2_592_000
        case "y", "yr", "year", "years": seconds = 31_557_600
        default: return nil
        }
        return (digits.reduce(0) { $0 * 10 + Int($1 &- 0x30) }, seconds)
    }
}
