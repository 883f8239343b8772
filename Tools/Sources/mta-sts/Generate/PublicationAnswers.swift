// SPDX-License-Identifier: Apache-2.0

/// What `mta-sts generate` has to know, as it was given.
struct PublicationAnswers: Equatable, Sendable {
    var domain: String?
    var mode: String?
    var maxAge: String?
    var mx: [String] = []

    /// The options that are needed and not there.
    var missing: [String] {
        var missing: [String] = []
        if domain == nil { missing.append("--domain") }
        if mode == nil { missing.append("--mode") }
        if maxAge == nil { missing.append("--max-age") }
        if mx.isEmpty, mode != "none" { missing.append("--mx") }
        return missing
    }

    /// Asks for what is missing.
    ///
    /// - Parameter answer: Shows a question and gives the line typed; nil at the end of the input.
    mutating func ask(_ answer: (String) -> String?) {
        func line(_ question: String, default standard: String? = nil) -> String? {
            let hint = standard.map { " [\($0)]" } ?? ""
            guard let text = answer("\(question)\(hint): ") else { return nil }
            let trimmed = text.split(separator: " ").joined(separator: " ")
            return trimmed.isEmpty ? standard : trimmed
        }
        domain = domain ?? line("Domain, as after the @ of mail addresses")
        mode = mode ?? line("Mode: testing (reports only), enforce or none (withdraws)", default: "testing")
        maxAge = maxAge ?? line("How long senders keep the policy (1d while testing, weeks later)", default: "1d")
        guard mx.isEmpty, mode != "none" else { return }
        while let host = line(mx.isEmpty ? "First MX host, or *. and a domain" : "Next MX host, or nothing") {
            mx.append(host)
        }
    }

    /// Reads seconds, or a number with h, d or w behind it.
    static func seconds(_ text: String) -> Int? {
        let units: [Character: Int] = ["s": 1, "h": 3_600, "d": 86_400, "w": 604_800]
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? text[...] : text.dropLast()
        guard (1...10).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let number = Int(digits)
        else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        return overflow ? nil : seconds
    }
}
