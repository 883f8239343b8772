// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSFoundation

/// Tells whether a pattern matches a host, and why (RFC 8461 section 4.1).
enum PatternMatch {
    static func output(pattern text: String, host hostText: String) -> CommandOutput {
        let pattern: MXPattern
        do throws(MXPattern.ParseError) {
            pattern = try MXPattern(parsing: text)
        } catch {
            return .failure("\"\(SafeText.of(text))\" is no mx pattern: \(error)")
        }
        let host: DomainName
        do throws(DomainName.ParseError) {
            host = try DomainName(convertingULabels: hostText)
        } catch  where error.code == .ipAddress {
            return CommandOutput(output: "no match: \(notAHost(hostText))\n", exitCode: 1)
        } catch {
            return .failure("\"\(SafeText.of(hostText))\" is no host name: \(error)")
        }
        var output = verdict(pattern, host)
        if let fault = strictFault(text) { output.errors = "note: strict senders refuse this pattern: \(fault)\n" }
        return output
    }

    private static func verdict(_ pattern: MXPattern, _ host: DomainName) -> CommandOutput {
        if pattern.matches(host) {
            guard pattern.isWildcard else {
                return CommandOutput(output: "match: the names are equal\n")
            }
            let label = host.description.prefix { $0 != "." }
            return CommandOutput(output: "match: the star stands for the label \"\(label)\"\n")
        }
        return CommandOutput(output: "no match: \(whyNot(pattern, host))\n", exitCode: 1)
    }

    /// Why a pattern does not match a host.
    static func whyNot(_ pattern: MXPattern, _ host: DomainName) -> String {
        if pattern.isInert {
            let isAddress = IPAddress(pattern.description) != nil
            let what = isAddress ? "is an IP address" : "ends in a number, like an IP address"
            return "the pattern \(what), and such a one matches no host"
        }
        let canonical = pattern.description.lowercased()
        guard pattern.isWildcard else { return "\(host) is not \(canonical)" }
        let base = canonical.dropFirst(2)
        if host.description == base { return "the star stands for one label, and \(host) has none before \(base)" }
        if host.description.hasSuffix("." + base) {
            let extra = host.labelCount - base.split(separator: ".").count
            return "the star stands for one label, and \(host) has \(extra) before \(base)"
        }
        return "\(host) does not end in .\(base)"
    }

    /// Why a text that is an address, or of the form of one, is no host.
    private static func notAHost(_ text: String) -> String {
        IPAddress(text) == nil && !text.contains("[") && !text.contains(":")
            ? "the host ends in a number, like an IP address, and so is no MX host name"
            : "an IP address is no MX host name"
    }

    private static func strictFault(_ text: String) -> MXPattern.ParseError? {
        do throws(MXPattern.ParseError) {
            _ = try MXPattern(strictlyParsing: text)
            return nil
        } catch {
            return error
        }
    }
}
