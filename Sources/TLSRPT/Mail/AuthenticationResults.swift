// SPDX-License-Identifier: Apache-2.0

public import STSCore

/// An Authentication-Results field (RFC 8601 section 2.2): what a server found out about a mail.
///
/// Only that of your own server is evidence; anybody can write one.
public struct AuthenticationResults: Hashable, Sendable {
    /// The unfolded value.
    public let text: String

    /// The name of the server that speaks, "authserv-id"; nil if there is none.
    public let serverID: String?

    private let passingDomains: [DomainName]

    /// Reads an unfolded value; what cannot be read counts as no result.
    public init(_ text: String) {
        self.text = text
        var statements = Self.statements(Array(text.utf8))[...]
        serverID = statements.popFirst()?.first
        passingDomains = statements.compactMap(Self.passingDomain)
    }

    /// Whether the server found a valid DKIM signature of exactly this domain: `dkim=pass` with `header.d`, or where
    /// that is missing with the domain of `header.i`.
    public func passesDKIM(of domain: DomainName) -> Bool { passingDomains.contains(domain) }

    private static func passingDomain(_ words: [String]) -> DomainName? {
        guard let first = words.first else { return nil }
        let parts = first.lowercased().split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        // The method may have a version, as in `dkim/1=pass`.
        guard parts.count == 2, parts[0] == "dkim" || parts[0] == "dkim/1", parts[1] == "pass" else { return nil }
        func property(_ name: String) -> String? {
            words.first { $0.lowercased().hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
        }
        if let domain = property("header.d=") { return DomainName(domain) }
        guard let identity = property("header.i="), let at = identity.lastIndex(of: "@") else { return nil }
        return DomainName(String(identity[identity.index(after: at)...]))
    }

    /// The words of each statement between semicolons; comments are left out, quotes taken off, and blanks round an
    /// equals sign do not divide a word.
    private static func statements(_ octets: [UInt8]) -> [[String]] {
        var statements: [[String]] = [[]]
        var word: [UInt8] = []
        var hasWord = false
        func endWord() {
            if hasWord { statements[statements.count - 1].append(String(decoding: word, as: UTF8.self)) }
            word = []
            hasWord = false
        }
        var index = 0
        while index < octets.count {
            let octet = octets[index]
            switch octet {
            case 0x22:
                hasWord = true
                index = quoted(octets, from: index + 1, into: &word)
                continue
            case 0x28, 0x09, 0x0A, 0x0D, 0x20:
                let next = MailSyntax.indexAfterComments(octets, from: index)
                let isInside = word.last == 0x3D || next < octets.count && octets[next] == 0x3D && hasWord
                if !isInside { endWord() }
                // A comment that does not end hides the rest.
                if next == index { return statements }
                index = next
                continue
            case 0x3B:
                endWord()
                statements.append([])
            default:
                hasWord = true
                word.append(octet)
            }
            index += 1
        }
        endWord()
        return statements
    }

    /// Appends a quoted string's content and gives the index after its closing quote.
    private static func quoted(_ octets: [UInt8], from start: Int, into word: inout [UInt8]) -> Int {
        var index = start
        while index < octets.count, octets[index] != 0x22 {
            if octets[index] == 0x5C, index + 1 < octets.count { index += 1 }
            word.append(octets[index])
            index += 1
        }
        return index + 1
    }
}
