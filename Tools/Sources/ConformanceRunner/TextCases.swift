// SPDX-License-Identifier: Apache-2.0

internal import MTASTS
internal import MTASTSFoundation

/// The kinds that are about a text alone: record, tlsrpt-record, tlsrpt-report, policy, policy-write and mx-match.
enum TextCases {
    static func record(_ input: JSONValue) throws(CaseFault) -> CaseOutcome {
        guard case .record(let record) = STSRecord.select(from: try resourceRecords(input)) else {
            return ["verdict": "reject"]
        }
        return [
            "verdict": "accept",
            "id": .string(record.id.description),
            "extensions": JSONValue(pairs: record.extensions.map { ($0.name, $0.value) }),
        ]
    }

    static func tlsrptRecord(_ input: JSONValue) throws(CaseFault) -> CaseOutcome {
        guard case .record(let record) = TLSReportingRecord.select(from: try resourceRecords(input)) else {
            return ["verdict": "reject"]
        }
        return [
            "verdict": "accept",
            "rua": JSONValue(record.reportURIs.map(\.text)),
            "unusable_rua": JSONValue(record.reportURIs.filter { $0.destination == nil }.map(\.text)),
            "extensions": JSONValue(pairs: record.extensions.map { ($0.name, $0.value) }),
        ]
    }

    static func tlsrptReport(_ input: JSONValue, isStrict: Bool) throws(CaseFault) -> CaseOutcome {
        guard case .string(let text) = input else { throw CaseFault(reason: "input is no string") }
        guard let reading = try? TLSReport.read(json: Array(text.utf8)), reading.conforms || !isStrict else {
            return ["verdict": "reject"]
        }
        let report = reading.report
        let first = report.policies.first
        return [
            "verdict": "accept",
            "sessions": .array(
                report.policies.map {
                    .array([.integer($0.summary.successfulSessions), .integer($0.summary.failedSessions)])
                }
            ),
            "policy_type": JSONValue(first?.policy.type?.rawValue),
            "result_type": JSONValue(first?.failureDetails.first?.resultType.rawValue),
            "start": JSONValue(report.dateRange.start?.rfc3339),
            "end": JSONValue(report.dateRange.end?.rfc3339),
        ]
    }

    /// The resource records of a case, each as its character-strings.
    private static func resourceRecords(_ input: JSONValue) throws(CaseFault) -> [[[UInt8]]] {
        if case .string(let text) = input { return [[Array(text.utf8)]] }
        guard case .array(let items) = input else { throw CaseFault(reason: "input is neither a string nor a list") }
        var records: [[[UInt8]]] = []
        for item in items {
            if case .string(let text) = item {
                records.append([Array(text.utf8)])
            } else if let texts = item.strings {
                records.append(texts.map { Array($0.utf8) })
            } else {
                throw CaseFault(reason: "an item of input is neither a string nor a list of strings")
            }
        }
        return records
    }

    static func policy(_ input: JSONValue, isStrict: Bool) throws(CaseFault) -> CaseOutcome {
        guard case .string(let text) = input else { throw CaseFault(reason: "input is no string") }
        let policy: STSPolicy
        do throws(STSPolicy.ParseError) {
            policy = isStrict ? try STSPolicy(strictlyParsing: text) : try STSPolicy(parsing: text)
        } catch {
            return ["verdict": "reject"]
        }
        return [
            "verdict": "accept",
            "mode": .string(policy.mode.rawValue),
            "max_age": .integer(policy.maxAge),
            "mx": JSONValue(policy.mx.map(\.description)),
            "extensions": JSONValue(pairs: policy.extensions.map { ($0.name, $0.value) }),
        ]
    }

    static func policyWrite(_ input: JSONValue) throws(CaseFault) -> CaseOutcome {
        let object = try CaseObject(input, name: "input", allowing: ["mode", "mx", "max_age"])
        let mode = STSPolicy.Mode(rawValue: try object.string("mode"))
        let maxAge = try object.integer("max_age", in: .min ... .max)
        let patterns = try object.strings("mx").map { try? MXPattern(strictlyParsing: $0) }
        guard let mode, !patterns.contains(nil),
            let policy = try? STSPolicy(mode: mode, maxAge: maxAge, mx: patterns.compactMap(\.self))
        else { return ["verdict": "reject"] }
        // A writer must never emit what its own strict reader refuses.
        let isReadable = [STSPolicy.LineEnding.crlf, .lf].allSatisfy { ending in
            (try? STSPolicy(strictlyParsing: policy.text(lineEnding: ending))) == policy
        }
        return ["verdict": isReadable ? "accept" : "accept, and the strict reader does not take it"]
    }

    static func mxMatch(_ input: JSONValue, isStrict: Bool) throws(CaseFault) -> CaseOutcome {
        let object = try CaseObject(input, name: "input", allowing: ["pattern", "host"])
        let text = try object.string("pattern")
        let host = try object.string("host")
        let pattern = isStrict ? try? MXPattern(strictlyParsing: text) : try? MXPattern(parsing: text)
        guard let pattern, let name = try? DomainName(convertingULabels: host), pattern.matches(name) else {
            return ["verdict": "no-match"]
        }
        return ["verdict": "match"]
    }
}

extension JSONValue: ExpressibleByStringLiteral {
    init(stringLiteral text: String) { self = .string(text) }
}
