// SPDX-License-Identifier: Apache-2.0

public import MTASTS

/// One MX record (RFC 5321 section 5.1).
public struct MXRecord: Hashable, Sendable {
    /// The preference; a lower value is tried first.
    public let preference: UInt16

    /// The MX host, nil if the exchange is no host name: `isNullMX` tells whether it is the root, else
    /// `exchangeText` is what stands there.
    public let exchange: DomainName?

    /// The exchange as it came, in lower case and as zone files write it; "." for the root.
    public let exchangeText: String

    /// Whether the record says that the domain takes no mail (RFC 7505).
    public var isNullMX: Bool { exchangeText == "." }

    /// A record by its preference and the text of its exchange.
    public init(preference: UInt16, exchangeText: String) {
        self.preference = preference
        self.exchange = DomainName(exchangeText)
        self.exchangeText = exchangeText
    }
}
