// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import MTASTSZLIB
import TLSRPT

private let limits = ReportFileLimits(
    inputOctets: 1 << 16,
    expandedOctets: 1 << 16,
    filesPerArchive: 4,
    results: 16,
    mail: ReportMailReader.Limits(messageOctets: 1 << 14, depth: 4, parts: 10, fieldOctets: 512),
    report: TLSReport.ReadingLimits(maximumOctets: 1 << 14, maximumDepth: 16, maximumValues: 2_000)
)

func check(_ octets: [UInt8]) {
    let files = ReportFileReader(compression: ZLIBCompression(), limits: limits).read(octets, name: "file")
    require((1...limits.results + 1).contains(files.count), "there is a result, and results are bounded")
    for file in files {
        require(file.formats.count <= 4, "forms are nested to a bound")
        require(file.origin.hasPrefix("file"), "a result says where it is from")
        require(!holdsControlCharacters(file.origin), "an origin holds no control characters")
        switch file.result {
        case .success(let reading):
            require(file.formats.last == .json, "a report is read from JSON")
            let again = try? TLSReport.read(json: reading.report.json())
            require(again?.report.policies.count == reading.report.policies.count, "a report can be written")
        case .failure(let error): require(!error.description.isEmpty, "a failure has words")
        }
    }
    // Without compression the same is seen, but for what is compressed. A short file shows it as well as a long one.
    if octets.count <= 1_024, !files.contains(where: { $0.formats.contains(.gzip) || $0.formats.contains(.zip) }) {
        let plain = ReportFileReader(compression: nil, limits: limits).read(octets, name: "file")
        require(plain == files, "what is not compressed needs no compression")
    }
}
