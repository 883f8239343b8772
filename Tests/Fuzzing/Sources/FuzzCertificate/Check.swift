// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import MTASTS

/// 1969, 2000, 2049, 2051 and the end of what GeneralizedTime can say.
private let moments: [Int64] = [-1, 946_684_800, 2_500_000_000, 2_560_000_000, 253_402_300_799]
/// In 2026.
private let present: Int64 = 1_790_000_000
private let hosts = ["mail.example.com", "a.b.mail.example.com", "mx"].compactMap { DomainName($0) }
private let unreadable = CertificateStatus.notVerified(reason: "unreadable-certificate")

func check(_ octets: [UInt8]) {
    for host in hosts {
        let verdict = check(octets, host, at: present)
        // What cannot be read for one host cannot for any other, nor at any other time.
        guard verdict != unreadable else {
            let other = status(octets, hosts[hosts.count - 1], at: moments[1])
            return require(other == unreadable, "neither host nor time makes a certificate readable")
        }
        require(status(octets + [0x30], host, at: present) == verdict, "what follows a certificate means nothing")
    }
    // The dates have nothing to do with the host.
    for seconds in moments { check(octets, hosts[0], at: seconds) }
}

private func status(
    _ octets: [UInt8],
    _ host: DomainName,
    at seconds: Int64,
    _ chain: CertificateStatus = .valid
) -> CertificateStatus {
    CertificateStatus.examine(leaf: octets, host: host, at: UnixTime(secondsSinceEpoch: seconds), chain: chain)
}

@discardableResult
private func check(_ octets: [UInt8], _ host: DomainName, at seconds: Int64) -> CertificateStatus {
    let verdict = status(octets, host, at: seconds)
    switch verdict {
    case .expired: require(status(octets, host, at: seconds + 1) == .expired, "what has expired stays so")
    case .notYetValid:
        require(status(octets, host, at: seconds - 1) == .notYetValid, "what is not valid yet was not before")
    case .valid: require(names(octets, host), "a valid certificate has the host's name in it")
    case .hostMismatch: break
    case .notVerified: require(verdict == unreadable, "what is not verified cannot be read")
    case .notTrusted: require(false, "the chain was said to be valid")
    }
    switch status(octets, host, at: seconds, .notTrusted(reason: "chain")) {
    case .expired: require(verdict == .expired, "the chain changes no date")
    case .notYetValid: require(verdict == .notYetValid, "the chain changes no date")
    case .notTrusted(let reason): require(reason == "chain", "the chain's reason is told")
    default: require(false, "a chain that is not trusted is a fault")
    }
    return verdict
}

/// Whether the host's name, or a wildcard above it, stands anywhere in the octets.
private func names(_ octets: [UInt8], _ host: DomainName) -> Bool {
    let text = octets.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    let parent = host.description.split(separator: ".").dropFirst().joined(separator: ".")
    return contains(text, Array(host.description.utf8))
        || !parent.isEmpty && contains(text, Array("*.\(parent)".utf8))
}

private func contains(_ text: [UInt8], _ word: [UInt8]) -> Bool {
    text.indices.contains { text[$0] == word[0] && text[$0...].starts(with: word) }
}
