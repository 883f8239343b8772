// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import Testing
import VectorSupport

@Suite("DomainName")
struct DomainNameTests {
    @Test(
        "vectors",
        .proves("R-DISC-07", "R-DISC-08"),
        arguments: try Vectors.load("domain-name", as: DomainNameVector.self)
    )
    func vector(_ vector: DomainNameVector) throws {
        let octets = vector.input.value
        let result = Result { () throws(DomainName.ParseError) in try DomainName(parsing: octets.span) }
        switch result {
        case .success(let name):
            #expect(vector.expect.error == nil)
            #expect(name.description == vector.expect.name)
            #expect(name.labelCount == vector.expect.labels)
            let text = try #require(vector.input.text)
            #expect(DomainName(text) == name)
        case .failure(let error):
            let expected = try #require(vector.expect.error, "refused: \(error)")
            #expect(error.code.rawValue == expected.code)
            #expect(error.offset == expected.offset)
            #expect(!error.description.isEmpty)
            // The initializer for text must say the same.
            guard let text = vector.input.text else { return }
            #expect(throws: error) { try DomainName(parsing: text) }
            #expect(DomainName(text) == nil)
        }
    }

    /// Each octet at each place of a label, against the class written out.
    @Test func everyOctet() {
        let inside = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_".utf8)
        let edge = inside.subtracting([0x2D])
        for octet in UInt8.min...UInt8.max where octet != 0x2E {
            #expect(accepts([0x61, octet, 0x61]) == inside.contains(octet), "octet \(octet) inside")
            #expect(accepts([octet, 0x61]) == edge.contains(octet), "octet \(octet) first")
            #expect(accepts([0x61, octet]) == edge.contains(octet), "octet \(octet) last")
        }
    }

    @Test(.proves("R-DISC-07")) func spellingsOfOneNameAreEqual() throws {
        let names = try ["Mail.Example.COM", "mail.example.com.", "MAIL.EXAMPLE.COM.", "mail.example.com"]
            .map { try DomainName(parsing: $0) }
        #expect(Set(names).count == 1)
        #expect(names.allSatisfy { $0.description == "mail.example.com" })
    }

    @Test func orderIsThatOfTheCanonicalForm() throws {
        let names = try ["b.example", "A.example", "a.b", "a-b"].map { try DomainName(parsing: $0) }
        #expect(names.sorted().map(\.description) == ["a-b", "a.b", "a.example", "b.example"])
    }

    /// `mta-sts.` and `_mta-sts.` must fit before the policy domain (RFC 8461 sections 3.1 and 3.2).
    @Test(.proves("R-DISC-09"), arguments: [(1, true), (244, true), (245, true), (246, false), (253, false)])
    func prefix(_ octets: Int, _ policyHostFits: Bool) throws {
        let name = try DomainName(parsing: Self.name(octets: octets))
        #expect((name.prefixed(by: "mta-sts") != nil) == policyHostFits)
        #expect((name.prefixed(by: "_mta-sts") != nil) == (octets <= 244))
        if let host = name.prefixed(by: "mta-sts") {
            #expect(host.description == "mta-sts." + name.description)
            #expect(try DomainName(parsing: host.description) == host)
            #expect(host.labelCount == name.labelCount + 1)
        }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func anyOctetsGiveANameOrAnError(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let words = [
            "a", "B", "0", "9", "-", "_", ".", "x", "0x", "xn--", "é", "\0", ":", "[",
            String(repeating: "l", count: 62),
        ].map { Array($0.utf8) }
        var accepted = 0
        for _ in 0..<5000 {
            let octets = random.once(in: 4) ? random.octets(below: 300) : random.sentence(of: words, below: 9)
            guard let name = try? DomainName(parsing: octets.span) else { continue }
            accepted += 1
            #expect(DomainName(name.description)?.description == name.description, "seed \(seed): \(octets)")
            #expect(name.description.utf8.allSatisfy { !(0x41...0x5A).contains($0) }, "seed \(seed): \(octets)")
            #expect(octets.count - name.description.utf8.count <= 1, "seed \(seed): \(octets)")
        }
        #expect(accepted > 300, "seed \(seed): too few names to mean something")
    }

    private func accepts(_ octets: [UInt8]) -> Bool {
        (try? DomainName(parsing: octets.span)) != nil
    }

    private static func name(octets: Int) -> String {
        var text = ""
        while text.utf8.count < octets {
            if !text.isEmpty { text += "." }
            text += String(repeating: "a", count: min(50, octets - text.utf8.count))
        }
        return text
    }
}
