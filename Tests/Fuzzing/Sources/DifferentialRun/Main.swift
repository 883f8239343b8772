// SPDX-License-Identifier: Apache-2.0

import Differential
import Glibc

/// Compares the library's parsers with the reference parsers on generated inputs: `DifferentialRun INPUTS [SEED]`.
@main
enum Main {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        guard let inputs = arguments.first.flatMap({ Int($0) }), inputs > 0 else {
            print("usage: DifferentialRun INPUTS [SEED]")
            exit(2)
        }
        let seed = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1
        let kinds: [(String, Grammar, ([UInt8]) -> StaticString?, ([UInt8]) -> Bool)] = [
            ("Record", .record, Differential.record, Differential.isRecord),
            ("Policy", .policy, Differential.policy, Differential.isPolicy),
            ("ReportingRecord", .reportingRecord, Differential.reportingRecord, Differential.isReportingRecord),
        ]
        var differences = 0
        for (name, grammar, differs, isValid) in kinds {
            var random = Generator(seed: seed)
            var valid = 0
            var found = 0
            for _ in 0..<inputs {
                let text = grammar.text(&random)
                if isValid(text) { valid += 1 }
                guard let difference = differs(text) else { continue }
                found += 1
                if found <= 10 {
                    print("\(difference): \(String(decoding: text, as: UTF8.self).debugDescription) \(text)")
                }
            }
            print("differential: \(name): \(inputs) inputs, \(valid) valid, \(found) differences")
            differences += found
        }
        if differences > 0 { exit(1) }
    }
}
