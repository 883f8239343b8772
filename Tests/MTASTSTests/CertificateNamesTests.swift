// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import Testing

@testable import MTASTS

struct CertificateNamesTests {
    /// A DER element with a short or a long length.
    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        if content.count < 128 { return [tag, UInt8(content.count)] + content }
        return [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
    }

    /// The skeleton of a certificate with the given general names (tag and content).
    private static func certificate(_ names: [(UInt8, [UInt8])], critical: Bool = false) -> [UInt8] {
        let generalNames = element(0x30, names.flatMap { element($0.0, $0.1) })
        let flag = critical ? element(0x01, [0xFF]) : []
        let subjectAltName = element(0x30, element(0x06, [0x55, 0x1D, 0x11]) + flag + element(0x04, generalNames))
        let keyUsage = element(0x30, element(0x06, [0x55, 0x1D, 0x0F]) + element(0x04, [0x03, 0x02, 0x07, 0x80]))
        let serial = element(0x02, [1])
        let subject = element(0x30, element(0x31, element(0x30, element(0x06, [0x55, 0x04, 0x03]))))
        let signed = element(0x30, serial + subject + element(0xA3, element(0x30, keyUsage + subjectAltName)))
        return element(0x30, signed + element(0x03, [0]))
    }

    @Test(.proves("R-FETCH-03", "R-MX-09"), arguments: [false, true])
    func dnsNamesAreRead(critical: Bool) throws {
        let names: [(UInt8, [UInt8])] = [
            (0x87, [127, 0, 0, 1]),
            (0x82, Array("mta-sts.example.com".utf8)),
            (0x86, Array("https://mta-sts.example.net/".utf8)),
            (0x82, Array("*.example.org".utf8)),
        ]
        let der = Self.certificate(names, critical: critical)
        #expect(CertificateNames.dnsIDs(ofDER: der) == [names[1].1, names[3].1])
        #expect(CertificateNames.certificate(der, identifies: try #require(DomainName("mta-sts.example.com"))))
        #expect(CertificateNames.certificate(der, identifies: try #require(DomainName("mta-sts.example.org"))))
        #expect(!CertificateNames.certificate(der, identifies: try #require(DomainName("mta-sts.example.net"))))
    }

    @Test(.proves("R-FETCH-03", "R-MX-09"))
    func nothingIsReadOfAnythingElse() {
        #expect(CertificateNames.dnsIDs(ofDER: []).isEmpty)
        #expect(CertificateNames.dnsIDs(ofDER: Self.certificate([(0x87, [127, 0, 0, 1])])).isEmpty)
        // Lengths beyond the end, indefinite, or longer than an address can be.
        for start: [UInt8] in [
            [0x30, 0x7F, 0x30], [0x30, 0x80, 0, 0], [0x30, 0x88] + Array(repeating: 0xFF, count: 8),
        ] {
            #expect(CertificateNames.dnsIDs(ofDER: start).isEmpty)
        }
    }

    @Test
    func damageNeverTraps() {
        let der = Self.certificate([(0x82, Array("mta-sts.example.com".utf8))])
        for count in der.indices { #expect(CertificateNames.dnsIDs(ofDER: Array(der[..<count])).isEmpty, "\(count)") }
        for index in der.indices {
            for value: UInt8 in [0x00, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFF] {
                var damaged = der
                damaged[index] = value
                // What is left of the one name may be found, and never anything besides.
                #expect(CertificateNames.dnsIDs(ofDER: damaged).count <= 1, "\(index) \(value)")
            }
        }
    }
}
