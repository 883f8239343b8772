// SPDX-License-Identifier: Apache-2.0

import ReferenceParsers
import STSPolicy
import STSRecord
import TLSRPT

/// Compares the library's parsers with the reference parsers.
public enum Differential {
    /// What differs for a record, or nil.
    public static func record(_ octets: [UInt8]) -> StaticString? {
        let reference = ReferenceRecord(octets)
        guard let record = try? STSRecord(parsing: octets) else {
            return reference == nil ? nil : "record: the library refuses what the reference takes"
        }
        guard let reference else { return "record: the library takes what the reference refuses" }
        guard Array(record.id.description.utf8) == reference.id else { return "record: id" }
        let extensions = record.extensions.map { ($0.name, $0.value) }
        return isSame(extensions, reference.extensions) ? nil : "record: extensions"
    }

    /// What differs for a policy, by the grammar alone or as senders read it, or nil.
    public static func policy(_ octets: [UInt8]) -> StaticString? {
        let strict = try? STSPolicy(strictlyParsing: octets)
        let sender = try? STSPolicy(parsing: octets)
        return compare(strict, ReferencePolicy(octets, isStrict: true))
            ?? compare(sender, ReferencePolicy(octets, isStrict: false))
    }

    private static func compare(_ policy: STSPolicy?, _ reference: ReferencePolicy?) -> StaticString? {
        guard let policy else {
            return reference == nil ? nil : "policy: the library refuses what the reference takes"
        }
        guard let reference else { return "policy: the library takes what the reference refuses" }
        guard Array(policy.mode.rawValue.utf8) == reference.mode else { return "policy: mode" }
        guard policy.maxAge == reference.maxAge else { return "policy: max_age" }
        guard policy.mx.map({ Array($0.description.utf8) }) == reference.mx else { return "policy: mx" }
        let extensions = policy.extensions.map { ($0.name, $0.value) }
        return isSame(extensions, reference.extensions) ? nil : "policy: extensions"
    }

    /// What differs for a TLSRPT record, or nil.
    public static func reportingRecord(_ octets: [UInt8]) -> StaticString? {
        let reference = ReferenceReportingRecord(octets)
        guard let record = try? TLSReportingRecord(parsing: octets) else {
            return reference == nil ? nil : "TLSRPT record: the library refuses what the reference takes"
        }
        guard let reference else { return "TLSRPT record: the library takes what the reference refuses" }
        guard record.reportURIs.map({ Array($0.text.utf8) }) == reference.uris.map(\.text) else {
            return "TLSRPT record: URIs"
        }
        for (uri, reference) in zip(record.reportURIs, reference.uris) {
            let scheme = String(decoding: reference.scheme, as: UTF8.self)
            guard (uri.fault == .scheme) == !["mailto", "https"].contains(scheme) else {
                return "TLSRPT record: scheme"
            }
            switch uri.destination {
            case .mailto: if scheme != "mailto" || reference.authority != nil { return "TLSRPT record: mailto" }
            case .https: if scheme != "https" || reference.authority == nil { return "TLSRPT record: https" }
            case nil: break
            }
        }
        let extensions = record.extensions.map { ($0.name, $0.value) }
        return isSame(extensions, reference.extensions) ? nil : "TLSRPT record: extensions"
    }

    /// Whether the reference takes a record.
    public static func isRecord(_ octets: [UInt8]) -> Bool { ReferenceRecord(octets) != nil }

    /// Whether the reference takes a policy as senders do.
    public static func isPolicy(_ octets: [UInt8]) -> Bool { ReferencePolicy(octets, isStrict: false) != nil }

    /// Whether the reference takes a TLSRPT record.
    public static func isReportingRecord(_ octets: [UInt8]) -> Bool { ReferenceReportingRecord(octets) != nil }

    private static func isSame(_ fields: [(String, String)], _ reference: [ReferenceField]) -> Bool {
        fields.elementsEqual(reference) { Array($0.0.utf8) == $1.name && Array($0.1.utf8) == $1.value }
    }
}
