// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import MXPattern

/// A pattern, a line feed, a host.
func check(_ octets: [UInt8]) {
    let parts = octets.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
    let text = String(decoding: parts[0], as: UTF8.self)
    let strict = try? MXPattern(strictlyParsing: text)
    let pattern: MXPattern
    do throws(MXPattern.ParseError) {
        pattern = try MXPattern(parsing: text)
    } catch {
        require(strict == nil, "what the strict reader takes the default reader takes")
        require((0...text.utf8.count).contains(error.offset), "the offset of an error is within the text")
        require(!error.description.isEmpty, "an error has words")
        return
    }
    require(strict == nil || strict?.description == pattern.description, "both readers see the same pattern")
    require((try? MXPattern(parsing: pattern.description))?.description == pattern.description, "it prints itself")
    require(pattern.isWildcard == text.hasPrefix("*."), "a wildcard begins with *.")
    guard parts.count == 2, let host = try? DomainName(parsing: Array(parts[1]).span) else { return }
    let expected = covers(pattern.description, host.description)
    require(pattern.matches(host) == expected, "a match is that of the lists of labels")
    require(host.matchesPresentedIdentifier(pattern.description) == expected, "so is that of a certificate's name")
}

private func covers(_ pattern: String, _ host: String) -> Bool {
    var patternLabels = pattern.lowercased().split(separator: ".")
    var hostLabels = host.split(separator: ".")
    if patternLabels.first == "*" {
        patternLabels.removeFirst()
        hostLabels.removeFirst()
    }
    return patternLabels == hostLabels
}
