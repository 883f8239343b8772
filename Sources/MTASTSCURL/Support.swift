// SPDX-License-Identifier: Apache-2.0

#if CURL
import CMTASTSCURL
import MTASTS

/// Where to connect, in the words of libcurl's options.
struct Override {
    /// For CURLOPT_RESOLVE, nil if the name is to be looked up.
    let resolve: String?
    /// For CURLOPT_CONNECT_TO.
    let connectTo: String

    /// - Parameter port: The port of the URL.
    init(of host: DomainName, port: UInt16, by endpoint: EndpointOverride.Endpoint) {
        guard !endpoint.addresses.isEmpty else {
            resolve = nil
            connectTo = "\(host):\(port):\(endpoint.host):\(endpoint.port)"
            return
        }
        let list = endpoint.addresses.map { $0.octets.count == 4 ? "\($0)" : "[\($0)]" }.joined(separator: ",")
        resolve = "\(host):\(endpoint.port):\(list)"
        connectTo = "\(host):\(port):\(host):\(endpoint.port)"
    }
}

/// The header fields that count, read line by line. A later header section takes the place of an interim one
/// (RFC 9110 section 15.2); trailers are not read.
struct ResponseHeader {
    private(set) var contentType: String?
    private(set) var contentEncoding: String?
    private(set) var isChunked = false
    private var isInterim = false
    /// Whether the header of the final answer has come to its end.
    private(set) var isComplete = false

    mutating func read(line: [UInt8]) {
        guard !isComplete else { return }
        let text = line.drop { $0 == 0x20 || $0 == 0x09 }
        if text.starts(with: "HTTP/".utf8) {
            self = ResponseHeader()
            isInterim = text.drop { $0 != 0x20 }.dropFirst().first == UInt8(ascii: "1")
        } else if text.allSatisfy({ $0 == 0x0D || $0 == 0x0A }) {
            isComplete = !isInterim
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: text[..<colon], as: UTF8.self).lowercased()
            add(name, Self.trimmed(text[text.index(after: colon)...]))
        }
    }

    private mutating func add(_ name: String, _ value: String) {
        switch name {
        case "content-type": contentType = contentType.map { "\($0), \(value)" } ?? value
        case "content-encoding": contentEncoding = contentEncoding.map { "\($0), \(value)" } ?? value
        case "transfer-encoding": isChunked = isChunked || value.lowercased().hasSuffix("chunked")
        default: break
        }
    }

    private static func trimmed(_ octets: ArraySlice<UInt8>) -> String {
        var value = octets.drop { $0 == 0x20 || $0 == 0x09 }
        while let last = value.last, [0x20, 0x09, 0x0D, 0x0A].contains(last) { value.removeLast() }
        return String(decoding: value, as: UTF8.self)
    }
}

/// PEM (RFC 7468), as libcurl writes it.
enum PEM {
    /// The DER of the first certificate in a text.
    static func certificate(in text: String) -> [UInt8]? {
        guard let head = text.firstRange(of: "-----BEGIN CERTIFICATE-----"),
            let tail = text[head.upperBound...].firstRange(of: "-----END CERTIFICATE-----")
        else { return nil }
        var octets: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for letter in text[head.upperBound..<tail.lowerBound].utf8 {
            guard let value = value(of: letter) else {
                if [0x3D, 0x0D, 0x0A, 0x20].contains(letter) { continue }
                return nil
            }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return octets
    }

    private static func value(of letter: UInt8) -> UInt32? {
        switch letter {
        case 0x41...0x5A: UInt32(letter - 0x41)
        case 0x61...0x7A: UInt32(letter - 0x61) + 26
        case 0x30...0x39: UInt32(letter - 0x30) + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}

extension Duration {
    /// Whole milliseconds from 1 to a day; libcurl takes 0 for "no limit".
    var boundedMilliseconds: Int {
        let bounded = min(max(self, .milliseconds(1)), .seconds(86_400)).components
        return Int(bounded.seconds) * 1_000 + Int(bounded.attoseconds / 1_000_000_000_000_000)
    }
}

extension mtasts_curl_result {
    /// libcurl's text for the failure.
    var message: String {
        withUnsafeBytes(of: text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

func withCStrings<Result>(
    _ first: String,
    _ second: String,
    _ third: String,
    _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<CChar>) -> Result
) -> Result {
    first.withCString { first in
        second.withCString { second in third.withCString { third in body(first, second, third) } }
    }
}

func withOptionalCStrings<Result>(
    _ first: String?,
    _ second: String?,
    _ body: (UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Result
) -> Result {
    withOptionalCString(first) { first in withOptionalCString(second) { second in body(first, second) } }
}

private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
}

func withOptionalOctets<Result>(
    _ first: [UInt8]?,
    _ second: [UInt8]?,
    _ body: (UnsafePointer<CChar>?, Int, UnsafePointer<CChar>?, Int) -> Result
) -> Result {
    withOptionalOctets(first) { first, firstCount in
        withOptionalOctets(second) { second, secondCount in body(first, firstCount, second, secondCount) }
    }
}

private func withOptionalOctets<Result>(_ octets: [UInt8]?, _ body: (UnsafePointer<CChar>?, Int) -> Result) -> Result {
    guard let octets else { return body(nil, 0) }
    return octets.withUnsafeBytes { buffer in
        body(buffer.assumingMemoryBound(to: CChar.self).baseAddress, buffer.count)
    }
}
#endif
