// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSCore
import TLSRPT
import Testing

@Suite("TLSRPT: DKIM signatures that are not read")
struct UnreadSignatureTests {
    private static let verdict = "Authentication-Results: mx.example; dkim=pass header.d=sender.example\n"
    private static let other = "DKIM-Signature: v=1; d=other.example; h=from; b=eA==\n"
    private static let limited = "v=1; d=sender.example; l=1; h=from; b=eA==\n"

    private func isValid(_ mail: String, limits: ReportMailReader.Limits = .init()) throws -> Bool {
        let fields = try ReportMailReader(limits: limits).attachments(of: Array("\(mail)\n{}".utf8)).fields
        return fields.hasValidDKIM(of: try DomainName(parsing: "sender.example"), checkedBy: "mx.example")
    }

    /// The one that covers the beginning of the body alone must not be hidden behind others.
    @Test(
        .proves("R-SEND-09"),
        arguments: [
            "DKIM-Signature: \(limited)",
            String(repeating: other, count: 32) + "DKIM-Signature: \(limited)",
            "DKIM-Signature\(String(repeating: " ", count: 30)): \(limited)",
            "DKIM-Signature: v=1; d=sender.example; z=\(String(repeating: "a", count: 70_000)); l=1; h=from\n",
            "DKIM-Signature: z=\(String(repeating: "a", count: 70_000)); \(limited)",
        ]
    )
    func hidden(fields: String) throws {
        #expect(try !isValid(Self.verdict + fields))
    }

    /// What is left out is told, so that a receiver may look at the mail itself.
    @Test(arguments: [(32, false), (33, true)])
    func isTold(count: Int, isUnread: Bool) throws {
        let mail = Array("\(String(repeating: Self.other, count: count))\n{}".utf8)
        let fields = try ReportMailReader().attachments(of: mail).fields
        #expect(fields.dkimSignatures.count == 32 && fields.hasUnreadSignatures == isUnread)
    }

    @Test func read() throws {
        #expect(try isValid(Self.verdict))
        #expect(try isValid(Self.verdict + String(repeating: Self.other, count: 32)))
        #expect(try isValid("Authentication-Results\t \(Self.verdict.dropFirst("Authentication-Results".count))"))
    }

    /// What a cut leaves of a verdict may be the beginning of another domain.
    @Test func cutVerdict() throws {
        let verdict = Self.verdict.dropLast()
        let limits = ReportMailReader.Limits(fieldOctets: verdict.utf8.count - "Authentication-Results: ".utf8.count)
        #expect(try isValid("\(verdict)\n", limits: limits))
        #expect(try !isValid("\(verdict).evil.example\n", limits: limits))
    }
}
