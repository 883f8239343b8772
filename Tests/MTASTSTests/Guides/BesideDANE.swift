// SPDX-License-Identifier: Apache-2.0

import MTASTS

/// What a TLS client has to insist on for one MX host, nil if no mail may go there.
func requirement(
    forMX host: DomainName,
    _ resolution: PolicyResolution,
    tlsaLookUp: (DomainName) async -> DANEState
) async -> TLSRequirement? {
    let dane = await tlsaLookUp(host)
    return switch resolution.decision(forMX: host, tls: .notAttempted, dane: dane).action {
    case .proceed(let requirement): requirement
    case .reconnectWithoutTLS: .opportunistic
    case .skip: nil
    }
}
