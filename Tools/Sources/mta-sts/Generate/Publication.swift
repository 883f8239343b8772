// SPDX-License-Identifier: Apache-2.0

import MTASTS
import MTASTSFoundation

/// What a domain publishes: a policy and its record.
struct Publication: Sendable {
    let domain: DomainName
    let policyHost: DomainName
    let recordName: DomainName
    let policy: STSPolicy
    let record: STSRecord

    /// Why nothing was written, and what to do.
    struct Refusal: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    /// Makes a publication, or says why strict senders would refuse it.
    init(_ answers: PublicationAnswers) throws(Refusal) {
        domain = try Self.domain(answers.domain ?? "")
        guard domain.labelCount > 1 else {
            throw Refusal(description: "A name of one label has no policy. Give the domain in full.")
        }
        guard let policyHost = domain.policyHost, let recordName = domain.stsRecordName else {
            throw Refusal(description: "With _mta-sts. before it the domain is too long for DNS.")
        }
        self.policyHost = policyHost
        self.recordName = recordName
        let mode = try Self.mode(answers.mode ?? "")
        let maxAge = try Self.maxAge(answers.maxAge ?? "")
        var patterns: [MXPattern] = []
        for text in answers.mx { patterns.append(try Self.pattern(text)) }
        do throws(STSPolicy.WriteError) {
            policy = try STSPolicy(mode: mode, maxAge: maxAge, mx: patterns)
        } catch {
            throw Refusal(description: Self.advice(error))
        }
        record = STSRecord(id: policy.contentID)
    }

    private static func domain(_ text: String) throws(Refusal) -> DomainName {
        do throws(DomainName.ParseError) {
            return try DomainName(convertingULabels: text)
        } catch {
            throw Refusal(description: "\"\(SafeText.of(text))\" is no domain name: \(error).")
        }
    }

    private static func mode(_ text: String) throws(Refusal) -> STSPolicy.Mode {
        if let mode = STSPolicy.Mode(rawValue: text) { return mode }
        if let mode = STSPolicy.Mode(rawValue: text.lowercased()) {
            throw Refusal(description: "Case counts in a policy: write the mode as \(mode.rawValue).")
        }
        let hint = text.lowercased().hasPrefix("test") ? " Write testing." : " Begin with testing."
        throw Refusal(description: "There is no mode \"\(SafeText.of(text))\": it is testing, enforce or none.\(hint)")
    }

    private static func maxAge(_ text: String) throws(Refusal) -> Int {
        guard let seconds = PublicationAnswers.seconds(text) else {
            throw Refusal(
                description: "\"\(SafeText.of(text))\" is no max_age: write seconds without separators, or 1d, 2w."
            )
        }
        guard seconds > 0 else {
            throw Refusal(
                description: "With max_age 0 a policy ends as it is fetched. To withdraw one, use mode none."
            )
        }
        return seconds
    }

    private static func pattern(_ text: String) throws(Refusal) -> MXPattern {
        let shown = SafeText.of(text)
        let pattern: MXPattern
        do throws(MXPattern.ParseError) {
            pattern = try MXPattern(strictlyParsing: text)
        } catch {
            throw Refusal(description: "The mx value \"\(shown)\" is refused: \(error). \(advice(error.code, text))")
        }
        guard !pattern.isInert else {
            let what = IPAddress(text) == nil ? "ends in a number, like an IP address," : "is an IP address"
            throw Refusal(description: "The mx value \"\(shown)\" \(what) and matches nothing. Write a name.")
        }
        return pattern
    }

    private static func advice(_ code: MXPattern.ParseError.Code, _ text: String) -> String {
        switch code {
        case .finalDot: return "Leave the final dot out."
        case .underscore: return "Some senders refuse it: give the MX host a name without an underscore."
        case .notASCII:
            guard let name = try? DomainName(convertingULabels: text) else { return "Write it in A-labels (xn--...)." }
            return "Write \(name)."
        case .wildcardPlace: return "A wildcard is *. and a domain, such as *.example.com, and stands for one label."
        case .addressLiteral: return "Write the host name that the MX record has."
        case .forbiddenOctet where text.contains(",") || text.contains(" "): return "Give one --mx for each host."
        default: return "Write the host name as the MX record has it."
        }
    }

    private static func advice(_ error: STSPolicy.WriteError) -> String {
        switch error {
        case .maxAge:
            let most = DomainReport.spanText(STSPolicy.maximumMaxAge)
            return "The max_age is greater than \(STSPolicy.maximumMaxAge) seconds (\(most)). A few weeks are enough."
        case .missingMX: return "A policy of mode testing or enforce needs an mx pattern. Give --mx for each MX host."
        case .underscore, .tooLarge: return "Strict senders would refuse the policy: \(error)."
        }
    }
}
