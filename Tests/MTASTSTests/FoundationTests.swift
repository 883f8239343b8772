// SPDX-License-Identifier: Apache-2.0

import Foundation
import MTASTS
import MTASTSFoundation
import RequirementTrait
import Testing

/// U-labels and dates: R-DISC-07, R-DISC-08.
@Suite struct FoundationTests {
    @Test(
        .proves("R-DISC-07"),
        arguments: [
            ("BÜCHER.example.", "xn--bcher-kva.example"),
            ("x.ñaca.example", "x.xn--aca-6ma.example"),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("Mail.Example.COM", "mail.example.com"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ]
    )
    func converts(text: String, name: String) throws {
        #expect(try DomainName(convertingULabels: text).description == name)
    }

    @Test(
        .proves("R-DISC-08"),
        arguments: [
            "b\u{200D}c.example", "a\u{0}ü.example", "ü/..example", "ü%41.example", "ü@x.example", "ü:80.example",
            "[ü]",
            "\u{202E}ü.example", "ü..example", "１２７.０.０.１", "", "ü.-a.example",
            String(repeating: "ü", count: 64) + ".example",
        ]
    )
    func refuses(text: String) {
        #expect(throws: DomainName.ParseError.self) { try DomainName(convertingULabels: text) }
    }

    @Test(.proves("R-DISC-07")) func nextHopInULabels() throws {
        let nextHop = try NextHop(recipientDomainConvertingULabels: "Bücher.Example")
        #expect(nextHop.policyDomain?.stsRecordName?.description == "_mta-sts.xn--bcher-kva.example")
        #expect(try NextHop(recipientDomainConvertingULabels: "[192.0.2.1]") == .addressLiteral)
    }

    @Test(arguments: [0, 1, -1, 1_767_225_600, 253_402_300_799] as [Int64])
    func datesThereAndBack(seconds: Int64) {
        let time = UnixTime(secondsSinceEpoch: seconds)
        #expect(UnixTime(Date(time)) == time)
    }

    @Test func datesOutOfRange() {
        #expect(UnixTime(Date(timeIntervalSince1970: .infinity)) == UnixTime(secondsSinceEpoch: .max))
        #expect(UnixTime(Date(timeIntervalSince1970: -.infinity)) == UnixTime(secondsSinceEpoch: .min))
        #expect(UnixTime(Date(timeIntervalSince1970: .nan)) == UnixTime(secondsSinceEpoch: 0))
        #expect(UnixTime(Date(timeIntervalSince1970: -0.5)) == UnixTime(secondsSinceEpoch: -1))
    }
}
