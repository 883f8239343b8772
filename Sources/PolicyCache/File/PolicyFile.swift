// SPDX-License-Identifier: Apache-2.0

internal import STSCore
internal import STSPolicy
internal import STSRecord

/// The content of one file: header lines, an empty line, and the policy text as served.
///
/// ```
/// mta-sts-policy 1
/// domain: example.com
/// revision: 9f86d081884c7d65
/// id: 20160831085700Z
/// fetched: 1472633820
/// requested: 1472633820
/// octets: 78
/// checksum: 2v6cfgmb0a1bv1xwrzw8m0d5e1
///
/// version: STSv1
/// ...
/// ```
///
/// The policy is parsed again on reading, so there is no second form of it to keep in step. The checksum is that of
/// all other octets, and a file is accepted only if writing what was read gives the same octets.
enum PolicyFile {
    /// The number of the format that this version writes.
    static let version = 1

    /// The most octets of a file: a policy of 64 KiB and its header have fewer.
    static let maximumOctets = 70 * 1_024

    private static let magic = "mta-sts-policy "

    /// What a file turned out to hold.
    enum Content {
        case entry(StoredPolicy)
        case newer(version: Int)
        case damaged(String)
    }

    /// The octets of a file.
    static func encode(_ entry: CachedPolicy, domain: DomainName, revision: String) -> [UInt8] {
        let header = """
            \(magic)\(version)
            domain: \(domain)
            revision: \(revision)
            id: \(entry.recordID?.description ?? "-")
            fetched: \(entry.fetchedAt)
            requested: \(entry.lastRequestedAt)
            octets: \(entry.policy.text.count)

            """
        let checksum = STSRecord.ID(hashing: Array(header.utf8) + entry.policy.text)
        return Array("\(header)checksum: \(checksum)\n\n".utf8) + entry.policy.text
    }

    /// Reads a file of a domain. Every octet counts: only what ``encode(_:domain:revision:)`` wrote is an entry.
    ///
    /// - Parameter octets: The file, cut off after ``maximumOctets`` + 1.
    static func decode(_ octets: [UInt8], domain: DomainName) -> Content {
        var lines = HeaderLines(octets)
        guard let first = lines.next(after: magic), let version = Int(first), version > 0, String(version) == first
        else {
            return .damaged(octets.isEmpty ? "the file is empty" : "it does not begin as a policy file does")
        }
        guard version == self.version else { return .newer(version: version) }
        guard octets.count <= maximumOctets else { return .damaged("it has more than \(maximumOctets) octets") }
        guard let name = lines.next(after: "domain: "), let revision = lines.next(after: "revision: "),
            let id = lines.next(after: "id: "), let fetched = lines.next(after: "fetched: ").flatMap({ Int64($0) }),
            let requested = lines.next(after: "requested: ").flatMap({ Int64($0) }),
            let count = lines.next(after: "octets: ").flatMap({ Int($0) }),
            lines.next(after: "checksum: ") != nil, lines.next(after: "") == ""
        else { return .damaged("its header is incomplete") }
        guard name == domain.description else { return .damaged("it names another domain") }
        let recordID = STSRecord.ID(id)
        guard recordID != nil || id == "-" else { return .damaged("its record id is no id") }
        let text = Array(octets[lines.position...])
        guard text.count == count else { return .damaged("\(text.count) octets of policy instead of \(count)") }
        let policy: STSPolicy
        do throws(STSPolicy.ParseError) {
            policy = try STSPolicy(parsing: text)
        } catch {
            return .damaged("its policy cannot be parsed: \(error)")
        }
        let entry = CachedPolicy(
            policy: policy,
            recordID: recordID,
            fetchedAt: UnixTime(secondsSinceEpoch: fetched),
            lastRequestedAt: UnixTime(secondsSinceEpoch: requested)
        )
        guard encode(entry, domain: domain, revision: revision) == octets else { return .damaged("wrong checksum") }
        return .entry(StoredPolicy(domain: domain, policy: entry, revision: StoreRevision(rawValue: revision)))
    }
}

/// The lines before the policy, one after the other. A line has a bound, so that noise costs little.
private struct HeaderLines {
    private static let maximumOctets = 300
    private let octets: [UInt8]
    private(set) var position = 0

    init(_ octets: [UInt8]) { self.octets = octets }

    /// What stands after `prefix` in the next line; nil if the line begins otherwise or has no end.
    mutating func next(after prefix: String) -> String? {
        let rest = octets[position...].prefix(Self.maximumOctets)
        guard let end = rest.firstIndex(of: 0x0A), rest.starts(with: prefix.utf8) else { return nil }
        let start = position + prefix.utf8.count
        guard start <= end else { return nil }
        position = end + 1
        return String(decoding: octets[start..<end], as: UTF8.self)
    }
}
