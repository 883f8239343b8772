// SPDX-License-Identifier: Apache-2.0

internal import MTASTS

/// What makes a case unusable: it says something that the format does not have.
struct CaseFault: Error {
    let reason: String
}

/// An object of a case, read member by member.
///
/// A member that the format does not have is a fault: misspelt, it would be passed over and less be tested than meant.
struct CaseObject: Sendable {
    private let members: [String: JSONValue]
    private let name: String

    init(_ value: JSONValue, name: String, allowing keys: Set<String>) throws(CaseFault) {
        guard case .object(let members) = value else { throw CaseFault(reason: "\(name) is no object") }
        if let unknown = members.keys.filter({ !keys.contains($0) }).min() {
            throw CaseFault(reason: "\(name) has the unknown member \"\(unknown)\"")
        }
        self.members = members
        self.name = name
    }

    /// A member, nil if it is absent.
    subscript(key: String) -> JSONValue? { members[key] }

    /// A member that must be there, null or not.
    func required(_ key: String) throws(CaseFault) -> JSONValue {
        guard let value = members[key] else { throw CaseFault(reason: "\(name) has no member \"\(key)\"") }
        return value
    }

    func string(_ key: String) throws(CaseFault) -> String {
        guard case .string(let text) = try required(key) else { throw fault(key, "no string") }
        return text
    }

    func strings(_ key: String) throws(CaseFault) -> [String] {
        guard let texts = try required(key).strings else { throw fault(key, "no list of strings") }
        return texts
    }

    func bool(_ key: String, default value: Bool? = nil) throws(CaseFault) -> Bool {
        if let value, members[key] == nil { return value }
        guard case .bool(let value) = try required(key) else { throw fault(key, "neither true nor false") }
        return value
    }

    func integer(_ key: String, in range: ClosedRange<Int>, default value: Int? = nil) throws(CaseFault) -> Int {
        if let value, members[key] == nil { return value }
        guard case .integer(let number) = try required(key), range.contains(number) else {
            throw fault(key, "no whole number within \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// One of the words of an enumeration.
    func word<Word: RawRepresentable<String>>(_ key: String, default value: Word? = nil) throws(CaseFault) -> Word {
        if let value, members[key] == nil { return value }
        guard let word = Word(rawValue: try string(key)) else { throw fault(key, "none of the words of the format") }
        return word
    }

    func domainName(_ key: String) throws(CaseFault) -> DomainName {
        guard let domain = DomainName(try string(key)) else { throw fault(key, "no domain name") }
        return domain
    }

    /// A fault of one member.
    func fault(_ key: String, _ text: String) -> CaseFault { CaseFault(reason: "\(name).\(key) is \(text)") }
}

extension JSONValue {
    /// The texts of a list of texts, nil if the value is anything else.
    var strings: [String]? {
        guard case .array(let items) = self else { return nil }
        var texts: [String] = []
        for item in items {
            guard case .string(let text) = item else { return nil }
            texts.append(text)
        }
        return texts
    }
}
