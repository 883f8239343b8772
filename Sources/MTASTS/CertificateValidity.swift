// SPDX-License-Identifier: Apache-2.0

internal import STSCore

/// The dates between which a certificate is valid (RFC 5280 section 4.1.2.5); both belong to the time.
struct CertificateValidity: Hashable {
    let notBefore: UnixTime
    let notAfter: UnixTime

    /// The dates of a certificate in DER, nil if it cannot be read.
    init?(ofDER der: [UInt8]) {
        var outer = DERReader(der[...])
        guard let certificate = outer.next(.sequence) else { return nil }
        var signed = DERReader(certificate)
        guard let content = signed.next(.sequence) else { return nil }
        var fields = DERReader(content)
        _ = fields.next(.version)  // DEFAULT v1
        guard fields.next(.integer) != nil, fields.next(.sequence) != nil, fields.next(.sequence) != nil,
            let validity = fields.next(.sequence)
        else { return nil }
        var dates = DERReader(validity)
        guard let notBefore = Self.time(dates.next()), let notAfter = Self.time(dates.next()) else { return nil }
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// UTCTime `YYMMDDHHMMSSZ` or GeneralizedTime `YYYYMMDDHHMMSSZ`, as RFC 5280 wants them: with seconds and in UTC.
    private static func time(_ element: (tag: DERReader.Tag, content: ArraySlice<UInt8>)?) -> UnixTime? {
        guard let element, element.content.last == 0x5A else { return nil }
        let digits = element.content.dropLast()
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let pairs = stride(from: digits.startIndex, to: digits.endIndex - 1, by: 2).map { index in
            Int64(digits[index] - 0x30) * 10 + Int64(digits[index + 1] - 0x30)
        }
        switch (element.tag, digits.count) {
        case (.utcTime, 12):
            // Years from 50 on are of the last century (section 4.1.2.5.1).
            return moment(year: pairs[0] + (pairs[0] < 50 ? 2_000 : 1_900), pairs[1...])
        case (.generalizedTime, 14):
            return moment(year: pairs[0] * 100 + pairs[1], pairs[2...])
        default:
            return nil
        }
    }

    /// - Parameter parts: Month, day, hour, minute and second.
    private static func moment(year: Int64, _ parts: ArraySlice<Int64>) -> UnixTime? {
        let parts = Array(parts)
        guard parts.count == 5, (1...12).contains(parts[0]), (1...31).contains(parts[1]), parts[2] < 24, parts[3] < 60,
            parts[4] <= 60
        else { return nil }
        let days = CivilDate(year: year, month: parts[0], day: parts[1]).daysSinceEpoch
        return UnixTime(secondsSinceEpoch: days * 86_400 + parts[2] * 3_600 + parts[3] * 60 + parts[4])
    }
}
