// SPDX-License-Identifier: Apache-2.0

import Foundation
import IntegrationSupport
import MTASTS
import MTASTSAsyncHTTPClient
import MTASTSTesting
import RequirementTrait
import Testing

extension HTTPSTests {
    struct ConformanceTests {
        @Test(
            .proves(
                "R-FETCH-03",
                "R-FETCH-04",
                "R-FETCH-05",
                "R-FETCH-08",
                "R-FETCH-15",
                "R-FETCH-16",
                "R-FETCH-17",
                "R-FETCH-23"
            ),
            arguments: HTTPStack.allCases
        )
        func keepsThePromises(stack: HTTPStack) async throws {
            let world = try HTTPSWorld()
            let transport = try stack.transport(in: world)
            let suite = HTTPTransportSuite()
            var table = ""
            for scenario in HTTPTransportSuite.scenarios {
                let report = await suite.run(scenario, transport: transport.http)
                table += Self.row(report, stack)
                #expect(report.violations.isEmpty, "\(report.violations)")
            }
            print(table)
            #expect(await suite.checkCancellation(transport: transport.http).isEmpty)
            await transport.shutdown()
        }

        private static func row(_ report: HTTPTransportSuite.Report, _ stack: HTTPStack) -> String {
            func cell(_ text: String, _ width: Int) -> String {
                text + String(repeating: " ", count: max(1, width - text.count))
            }
            let seconds = String(format: "%.2f", report.duration / .seconds(1))
            return cell("mta-sts.\(report.scenario.name).example", 34) + cell(stack.rawValue, 17)
                + cell(report.scenario.allowed.map(\.rawValue).joined(separator: "|"), 22)
                + cell(report.outcome.rawValue, 13) + cell(seconds, 6) + report.detail + "\n"
        }
    }
}
