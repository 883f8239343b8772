// SPDX-License-Identifier: Apache-2.0

/// Walks through a file and what is packed in it.
struct ReportFileWalk {
    /// Where in a file the walk is.
    struct Place {
        var names: [String] = []
        var formats: [ReportFile.Format] = []
        /// The mail round it, and the part of that which is read.
        var mail: MailContents?
        var part: MailPart?

        func inside(_ format: ReportFile.Format) -> Place {
            var inner = self
            inner.formats.append(format)
            return inner
        }

        func named(_ name: String) -> Place {
            var inner = self
            inner.names.append(name)
            return inner
        }
    }

    /// What may be in what; nothing else is followed, so that the walk ends.
    private static let inner: [ReportFile.Format: Set<ReportFile.Format>] = [
        .gzip: [.json], .zip: [.json, .gzip], .mail: [.json, .gzip, .zip], .mailbox: [.mail],
    ]

    private let compression: (any ReportCompression)?
    private let limits: ReportFileLimits
    private(set) var files: [ReportFile] = []
    /// The octets that may still come out of what is compressed.
    private var room: Int
    /// How many bombs may still be met: each may cost the time of all the room.
    private var bombs = 16
    private var isFull = false

    init(compression: (any ReportCompression)?, limits: ReportFileLimits) {
        self.compression = compression
        self.limits = limits
        room = limits.expandedOctets
    }

    mutating func read(file octets: [UInt8], name: String?) {
        let place = Place(names: name.map { [$0] } ?? [])
        guard octets.count <= limits.inputOctets else {
            return add(.failure(.tooLarge(limit: limits.inputOctets)), at: place)
        }
        read(octets, at: place)
    }

    private mutating func read(_ octets: [UInt8], at place: Place) {
        guard let format = Self.format(of: octets) else {
            let isBlank = octets.allSatisfy { [0x09, 0x0A, 0x0D, 0x20].contains($0) }
            return add(.failure(isBlank ? .empty : .unknownFormat), at: place)
        }
        if let outer = place.formats.last, Self.inner[outer]?.contains(format) != true {
            return add(.failure(.nested(format, in: outer)), at: place)
        }
        switch format {
        case .json: readJSON(octets, at: place.inside(.json))
        case .gzip, .zip: expand(octets, format, at: place.inside(format))
        case .mail: readMail(octets, at: place.inside(.mail))
        case .mailbox: readMailbox(octets, at: place.inside(.mailbox))
        }
    }

    /// Tells the form by the first octets.
    static func format(of octets: [UInt8]) -> ReportFile.Format? {
        // RFC 1952 section 2.3.1; a file, the end of an empty archive, and the mark of one in parts.
        if octets.starts(with: [0x1F, 0x8B]) { return .gzip }
        for second: [UInt8] in [[3, 4], [5, 6], [7, 8]] where octets.starts(with: [0x50, 0x4B] + second) { return .zip }
        if MailboxSplitter.beginsAsMailbox(octets) { return .mailbox }
        let text = octets.dropFirst(octets.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
        if text.first(where: { ![0x09, 0x0A, 0x0D, 0x20].contains($0) }) == UInt8(ascii: "{") { return .json }
        return ReportMailReader.beginsAsMail(octets) ? .mail : nil
    }

    private mutating func readJSON(_ octets: [UInt8], at place: Place) {
        do throws(TLSReport.ParseError) {
            add(.success(try TLSReport.read(json: octets, limits: limits.report)), at: place)
        } catch {
            add(.failure(.report(error)), at: place)
        }
    }

    private mutating func expand(_ octets: [UInt8], _ format: ReportFile.Format, at place: Place) {
        guard let compression else { return add(.failure(.needsCompression(format)), at: place) }
        guard bombs > 0 else { return add(.failure(.compression(.tooLarge(limit: limits.expandedOctets))), at: place) }
        do throws(CompressionFailure) {
            if format == .gzip {
                let content = try compression.gunzip(octets, limit: room)
                room -= content.count
                return read(content, at: place)
            }
            let files = try compression.unzip(octets, limit: room)
            room -= files.reduce(0) { $0 + $1.content.count }
            if files.isEmpty { add(.failure(.noReport(in: .zip)), at: place) }
            for file in files.prefix(limits.filesPerArchive) {
                read(file.content, at: place.named(file.name))
            }
            if files.count > limits.filesPerArchive {
                add(.failure(.tooMany(limit: limits.filesPerArchive)), at: place)
            }
        } catch {
            guard case .tooLarge = error else { return add(.failure(.compression(error)), at: place) }
            bombs -= 1
            // The limit of all together, not what is left of it.
            add(.failure(.compression(.tooLarge(limit: limits.expandedOctets))), at: place)
        }
    }

    private mutating func readMailbox(_ octets: [UInt8], at place: Place) {
        var splitter = MailboxSplitter(messageLimit: limits.mail.messageOctets)
        var number = 0
        var position = 0
        while position < octets.count, !isFull {
            // Piece by piece, so that no more mails than can be read are held.
            let end = position + min(65_536, octets.count - position)
            var messages = splitter.add(Array(octets[position..<end]))
            if end == octets.count, let last = splitter.end() { messages.append(last) }
            position = end
            for message in messages {
                number += 1
                let inner = place.named("mail \(number)").inside(.mail)
                switch message {
                case .message(let octets): readMail(octets, at: inner)
                case .tooLarge: add(.failure(.mail(.tooLarge(limit: limits.mail.messageOctets))), at: inner)
                }
            }
        }
        if number == 0 { add(.failure(.noReport(in: .mailbox)), at: place) }
    }

    private mutating func readMail(_ octets: [UInt8], at place: Place) {
        guard !isFull else { return }
        var inner = place
        do throws(MailFailure) {
            let contents = try ReportMailReader(limits: limits.mail).attachments(of: octets)
            inner.mail = contents
            if contents.parts.isEmpty { add(.failure(.noReport(in: .mail)), at: inner) }
            for (index, part) in contents.parts.enumerated() {
                inner.part = part
                let name = part.fileName ?? ""
                read(part.content, at: inner.named(name.isEmpty ? "part \(index + 1)" : name))
            }
        } catch {
            add(.failure(.mail(error)), at: place)
        }
    }

    private mutating func add(_ result: Result<TLSReport.Reading, ReportFileError>, at place: Place) {
        guard !isFull else { return }
        isFull = files.count >= limits.results
        let result = isFull ? .failure(.tooMany(limit: limits.results)) : result
        files.append(ReportFile(result, place))
    }
}

extension ReportFile {
    fileprivate init(_ result: Result<TLSReport.Reading, ReportFileError>, _ place: ReportFileWalk.Place) {
        origin = place.names.map { $0.forPeople() }.joined(separator: " > ")
        // Of the whole name: what is shown is cut.
        fileName = place.names.reversed().lazy.compactMap { ReportFileName(endOf: $0) }.first
        formats = place.formats
        self.result = result
        mail = place.mail.map { Mail($0, place.part, try? result.get().report) }
    }
}

extension ReportFileName {
    fileprivate init?(endOf path: String) { self.init(path.split(separator: "/").last.map(String.init) ?? path) }
}

extension ReportFile.Mail {
    fileprivate init(_ contents: MailContents, _ part: MailPart?, _ report: TLSReport?) {
        fields = part?.fields ?? contents.fields
        mediaType = part?.mediaType
        fileName = part?.fileName
        isForwarded = part?.isForwarded ?? false
        isTLSReport = contents.isTLSReport
        deviations = contents.deviations
        conflicts = report.flatMap { part?.conflicts(with: $0) } ?? []
    }
}
