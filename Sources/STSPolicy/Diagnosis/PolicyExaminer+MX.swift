// SPDX-License-Identifier: Apache-2.0

internal import MXPattern
internal import STSCore
internal import TextDiagnosis

// Rules about the values of mx.

extension PolicyExaminer {
    /// Explains a value that is no pattern.
    mutating func explainMX(_ value: ArraySlice<UInt8>, _ place: Range<Int>, _ plain: PlainText) {
        if value.firstPlace(ofWord: "://") != nil {
            findings.add(.mxURL, .error, place, "\(quoted(value)) is a URL: write the host name alone, \"mx: HOST\".")
        } else if value.contains(0x40) {
            findings.add(
                .mxMailAddress,
                .error,
                place,
                "\(quoted(value)) looks like a mail address: write the name of the MX host, \"mx: HOST\"."
            )
        } else if value.isAddress {
            reportAddress(value, .error, place)
        } else if explainList(value, place) {
            return
        } else if let colon = value.lastIndex(of: 0x3A), value[(colon + 1)...].allSatisfy(\.isASCIIDigit),
            !value.contains(where: \.isBlank)
        {
            findings.add(
                .mxPort,
                .error,
                plain.source(colon..<value.endIndex),
                "A port after the host: mail comes in on port 25 always. Delete it: \"mx: \(excerpt(value[..<colon]))\"."
            )
        } else {
            explainName(value, place)
        }
    }

    /// Explains a value of several names, or of one and its preference; false if it is none.
    private mutating func explainList(_ value: ArraySlice<UInt8>, _ place: Range<Int>) -> Bool {
        let words = value.split { $0.isBlank || $0 == 0x2C || $0 == 0x3B }
        let names = words.filter { !$0.allSatisfy(\.isASCIIDigit) }
        guard words.count > 1, !names.isEmpty,
            names.allSatisfy({ $0.contains(0x2E) && patternForm($0) != nil })
        else {
            // What is told of its characters already is told.
            let isPlain = octets[place].contains { $0.isBlank || $0 == 0x2C || $0 == 0x3B }
            return words.count > 1 && !isPlain
        }
        if names.count == 1 {
            findings.add(
                .mxPreference,
                .error,
                place,
                """
                \(quoted(value)): the preference number of the MX record does not belong here: write \
                "mx: \(excerpt(names[0]))".
                """
            )
        } else {
            findings.add(
                .mxList,
                .error,
                place,
                "\(names.count) names in one mx: write one line \"mx: HOST\" for each host."
            )
        }
        return true
    }

    private mutating func explainName(_ value: ArraySlice<UInt8>, _ place: Range<Int>) {
        let rest = value.dropFirst(value.hasWordPrefix("*.") ? 2 : 0)
        if rest.contains(0x2A) || value.elementsEqual("*.".utf8) || value.elementsEqual("*..".utf8) {
            findings.add(
                .mxWildcardPlace,
                .error,
                place,
                """
                \(quoted(value)): a star may stand only alone as the first label, for one label: write \
                "mx: *.example.com", or name the hosts one by one.
                """
            )
        } else if value.first == 0x2E, value.count > 1 {
            findings.add(
                .mxLeadingDot,
                .error,
                place,
                "\(quoted(value)) begins with a dot: for any host right under it write \"mx: *\(excerpt(value))\"."
            )
        } else if value.contains(where: { $0 >= 0x80 }) {
            findings.add(
                .mxULabel,
                .error,
                place,
                "\(quoted(value)) is not ASCII: write the name in A-labels (\"xn--...\"), as it stands in the MX record."
            )
        } else {
            let reason: String
            do throws(MXPattern.ParseError) {
                _ = try MXPattern(parsing: String(decoding: value, as: UTF8.self))
                return
            } catch {
                reason = error.code.reason
            }
            findings.add(
                .mxName,
                .error,
                place,
                "\(quoted(value)) is no host name (\(reason)): write it as it stands in the MX record."
            )
        }
    }

    private mutating func reportAddress(_ value: ArraySlice<UInt8>, _ severity: Severity, _ place: Range<Int>) {
        let what =
            switch (value.first == 0x5B, severity) {
            case _ where value.holdsAddress: "is an IP address"
            case (true, _): "stands in brackets, like an IP address,"
            case (_, .warning): "ends in a number, like an IP address,"
            default: "looks like an IP address"
            }
        findings.add(
            .mxIPAddress,
            severity,
            place,
            "\(quoted(value)) \(what) and matches no host: write the name of the MX host."
        )
    }

    /// Takes down a pattern that senders take, and notes what may be wrong with it all the same.
    mutating func noteAcceptedMX(_ value: ArraySlice<UInt8>, _ place: Range<Int>) {
        guard let form = patternForm(value) else { return }
        if form.hasFinalDot {
            findings.add(
                .mxTrailingDot,
                .warning,
                place.upperBound - 1..<place.upperBound,
                "A final dot: some senders refuse the policy for it. Delete it."
            )
        }
        if form.underscore != nil {
            findings.add(
                .mxUnderscore,
                .warning,
                place,
                """
                \(quoted(value)) has an underscore, which host names do not have: some senders refuse the policy. Give the MX \
                host another name.
                """
            )
        }
        let name = value.prefix(form.end)
        if form.isInert { reportAddress(name, .warning, place) }
        if name.contains(where: \.isASCIIUppercase) {
            findings.add(
                .mxUpperCase,
                .note,
                place,
                "Upper-case letters: fine, but write lower case to be safe with senders that compare letter by letter."
            )
        }
        let canonical = String(decoding: name.map(\.asciiLowercased), as: UTF8.self)
        if let line = entryLines[canonical] {
            findings.add(.mxDuplicate, .note, place, "The same mx as in line \(line): one of them can go.")
            return
        }
        entryLines[canonical] = octets[..<place.lowerBound].isEmpty ? 1 : lineNumber(of: place.lowerBound)
        entries.append(Entry(canonical: canonical, octets: place))
        if !form.isInert { noteName(canonical, place) }
    }

    /// The number of the line that holds an offset.
    func lineNumber(of offset: Int) -> Int {
        var (low, high) = (0, lines.count)
        while low < high {
            let middle = (low + high) / 2
            if lines[middle].range.upperBound < offset { low = middle + 1 } else { high = middle }
        }
        return low + 1
    }

    private mutating func noteName(_ canonical: String, _ place: Range<Int>) {
        let isWildcard = canonical.utf8.first == 0x2A
        let base = isWildcard ? String(canonical.dropFirst(2)) : canonical
        if ["yourdomain", "your-domain", "your-email", "your-mail", "yourserver", "your-server"].contains(where: {
            Array(canonical.utf8).firstPlace(ofWord: $0) != nil
        }) {
            findings.add(
                .mxPlaceholder,
                .warning,
                place,
                "\(quoted(place)) looks like an example out of a guide: write the hosts of the domain's own MX records."
            )
        }
        if isWildcard {
            noteWildcard(over: base, place)
        } else if !base.utf8.contains(0x2E) {
            findings.add(
                .mxSingleLabel,
                .warning,
                place,
                "\(quoted(place)) has one label only: write the whole name, as it stands in the MX record."
            )
        }
    }

    private mutating func noteWildcard(over base: String, _ place: Range<Int>) {
        guard base.utf8.contains(0x2E) else {
            findings.add(
                .mxBroadWildcard,
                .warning,
                place,
                "\(quoted(place)) covers every name right under a top-level domain: name the MX hosts one by one."
            )
            return
        }
        for provider in SharedProvider.all where provider.reach(ofWildcardOver: base) == .matches {
            findings.add(
                .mxSharedWildcard,
                .warning,
                place,
                """
                \(quoted(place)) covers the MX hosts of all customers of \(provider.name), not only yours, so mail led to \
                another customer's host passes the check: write the hosts of your own MX records.
                """
            )
            break
        }
        for provider in SharedProvider.all where provider.reach(ofWildcardOver: base) == .tooShallow {
            findings.add(
                .mxWildcardDepth,
                .warning,
                place,
                """
                \(quoted(place)): the star stands for one label only, so it does not match the hosts of \(provider.name) that \
                end in .\(provider.suffix): write the hosts of your own MX records.
                """
            )
            break
        }
    }

    /// Notes hosts that a wildcard of the policy covers.
    mutating func examineRedundancy() {
        var wildcards: [Substring: Int] = [:]
        for entry in entries where entry.canonical.utf8.first == 0x2A {
            wildcards[entry.canonical.dropFirst(2)] = entryLines[entry.canonical]
        }
        guard !wildcards.isEmpty else { return }
        for entry in entries where entry.canonical.utf8.first != 0x2A {
            guard let dot = entry.canonical.utf8.firstIndex(of: 0x2E) else { continue }
            let parent = entry.canonical[entry.canonical.utf8.index(after: dot)...]
            guard let line = wildcards[parent] else { continue }
            findings.add(
                .mxRedundant,
                .note,
                entry.octets,
                "The wildcard in line \(line) covers this host: one of the two lines can go, best the wildcard."
            )
        }
    }
}

extension ArraySlice<UInt8> {
    /// Whether the octets are an IP address, alone or as an address literal.
    fileprivate var holdsAddress: Bool { IPAddress(literal: String(decoding: self, as: UTF8.self)) != nil }

    /// Whether the octets look like an address literal or an IPv6 address; an IPv4 address is a pattern by the grammar.
    fileprivate var isAddress: Bool {
        if first == 0x5B { return true }
        var colons = 0
        for octet in self {
            if octet == 0x3A {
                colons += 1
            } else if !octet.isASCIIDigit, (octet | 0x20) &- 0x61 >= 6, octet != 0x2E, octet != 0x2F {
                return false
            }
        }
        return colons > 1 || colons == 0 && contains(0x2F) && contains(0x2E)
    }
}
