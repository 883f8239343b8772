// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// An open file or folder. All calls of the operating system that the file store makes are in this file.
///
/// It is closed when the last reference goes, or by ``close()`` where the moment matters, as with a lock.
package final class OpenFile {
    package typealias Failure = FilePolicyStore.Failure

    /// The path within the store, for errors.
    package let path: String
    private var descriptor: Int32

    private init(_ descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close() }

    /// Closes the file and so gives up its lock.
    package func close() {
        guard descriptor >= 0 else { return }
        // Not again after EINTR: the descriptor is gone, and its number may be another's by now.
        #if canImport(Darwin)
        _ = Darwin.close(descriptor)
        #elseif canImport(Glibc)
        _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
        _ = Musl.close(descriptor)
        #endif
        descriptor = -1
    }
}

// What is done to folders and to the files in them. No name is followed through a symbolic link.
extension OpenFile {
    /// How a file is opened.
    package enum Purpose {
        /// For reading; a device or a pipe does not block the call.
        case reading
        /// To be made; it must not exist.
        case new
        /// To be locked, made if missing.
        case lock
        /// To be written to at its end, made if missing.
        case appending

        fileprivate var flags: Int32 {
            switch self {
            case .reading: O_RDONLY | O_NONBLOCK | O_NOCTTY
            case .new: O_WRONLY | O_CREAT | O_EXCL
            case .lock: O_RDWR | O_CREAT | O_NONBLOCK
            case .appending: O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK
            }
        }
    }

    /// Opens the folder at an absolute path.
    ///
    /// - Parameters:
    ///   - absolute: The path.
    ///   - path: The path within the store, for errors.
    ///   - followLinks: Whether the last component may be a symbolic link.
    package static func folder(at absolute: String, path: String, followLinks: Bool = false) throws(Failure) -> OpenFile
    {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followLinks ? 0 : O_NOFOLLOW)
        let descriptor = try attempt("openat", path) { openat(AT_FDCWD, absolute, flags) }
        return OpenFile(Int32(descriptor), path: path)
    }

    /// Makes a folder that only its owner can enter; one that is there already is fine.
    ///
    /// - Returns: Whether it was made.
    @discardableResult
    package static func makeFolder(_ absolute: String, path: String) throws(Failure) -> Bool {
        do throws(Failure) {
            _ = try attempt("mkdir", path) { mkdir(absolute, 0o700) }
            return true
        } catch {
            if error.errorNumber == EEXIST { return false }
            throw error
        }
    }

    /// Opens a file of this folder.
    package func open(_ name: String, for purpose: Purpose) throws(Failure) -> OpenFile {
        let path = path(of: name)
        let flags = purpose.flags | O_NOFOLLOW | O_CLOEXEC
        let descriptor = try Self.attempt("openat", path) { openat(self.descriptor, name, flags, 0o600) }
        return OpenFile(Int32(descriptor), path: path)
    }

    /// Renames a file of this folder; what bears the new name is replaced.
    package func rename(_ name: String, to newName: String, in folder: OpenFile) throws(Failure) {
        _ = try Self.attempt("renameat", folder.path(of: newName)) {
            renameat(descriptor, name, folder.descriptor, newName)
        }
    }

    /// Removes a file of this folder, or an empty folder; one that is missing is fine.
    package func remove(_ name: String) throws(Failure) {
        do throws(Failure) {
            _ = try Self.attempt("unlinkat", path(of: name)) { unlinkat(descriptor, name, 0) }
        } catch {
            if error.errorNumber == ENOENT { return }
            guard error.errorNumber == EISDIR || error.errorNumber == EPERM else { throw error }
            _ = try Self.attempt("unlinkat", path(of: name)) { unlinkat(descriptor, name, AT_REMOVEDIR) }
        }
    }

    /// The names in this folder, in no order; among them `.` and `..`.
    package func names() throws(Failure) -> [String] {
        // fdopendir takes its descriptor over, and moves its position: so one of its own.
        let own = try Self.attempt("openat", path) { openat(self.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = fdopendir(Int32(own)) else {
            let failure = Self.failure("fdopendir", path, errno)
            OpenFile(Int32(own), path: path).close()
            throw failure
        }
        defer { closedir(stream) }
        let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) ?? 0
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            // The record may be shorter than `dirent`: the name is read in place, up to its NUL.
            let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            names.append(String(cString: name))
        }
        let number = errno
        if number != 0 { throw Self.failure("readdir", path, number) }
        return names
    }

    package func path(of name: String) -> String { path.isEmpty ? name : "\(path)/\(name)" }
}

// What is done to an open file.
extension OpenFile {
    /// What the operating system knows of an open file.
    package struct Status {
        package let isRegular: Bool
        /// How many names the file has; 0 if it was removed.
        package let links: Int
    }

    package func status() throws(Failure) -> Status {
        var status = stat()
        _ = try Self.attempt("fstat", path) { fstat(descriptor, &status) }
        return Status(isRegular: status.st_mode & S_IFMT == S_IFREG, links: Int(status.st_nlink))
    }

    /// The octets of the file, at most `limit`.
    package func read(limit: Int) throws(Failure) -> [UInt8] {
        var octets: [UInt8] = []
        // Most policies are a few hundred octets long.
        var step = 4_096
        while octets.count < limit {
            let wanted = min(step, limit - octets.count)
            let part = try readPart(wanted)
            if part.isEmpty { break }
            octets.append(contentsOf: part)
            step = 32_768
        }
        return octets
    }

    /// Up to `wanted` octets from where the last reading ended; none at the end of the file.
    package func readPart(_ wanted: Int) throws(Failure) -> [UInt8] {
        var failed: Int32 = 0
        let part = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            var got = -1
            repeat {
                #if canImport(Darwin)
                got = Darwin.read(descriptor, buffer.baseAddress, wanted)
                #elseif canImport(Glibc)
                got = Glibc.read(descriptor, buffer.baseAddress, wanted)
                #elseif canImport(Musl)
                got = Musl.read(descriptor, buffer.baseAddress, wanted)
                #endif
            } while got < 0 && errno == EINTR
            if got < 0 { failed = errno }
            count = max(0, got)
        }
        if failed != 0 { throw Self.failure("read", path, failed) }
        return part
    }

    /// Writes all octets, however many calls it takes.
    package func write(_ octets: [UInt8]) throws(Failure) {
        var written = 0
        while written < octets.count {
            let count = try Self.attempt("write", path) {
                octets.withUnsafeBytes { buffer in
                    let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
                    #if canImport(Darwin)
                    return Darwin.write(descriptor, rest.baseAddress, rest.count)
                    #elseif canImport(Glibc)
                    return Glibc.write(descriptor, rest.baseAddress, rest.count)
                    #elseif canImport(Musl)
                    return Musl.write(descriptor, rest.baseAddress, rest.count)
                    #endif
                }
            }
            guard count > 0 else { throw Self.failure("write", path, ENOSPC) }
            written += count
        }
    }

    /// Returns once what was written to the file, or the names of the folder, have reached the disk.
    package func sync() throws(Failure) {
        #if canImport(Darwin)
        // fsync leaves the drive's own cache alone there; not every file system has the stronger call.
        if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
        #endif
        _ = try Self.attempt("fsync", path) { fsync(descriptor) }
    }

    /// Takes the exclusive lock of the file if nobody has it. It ends with ``close()`` or the process.
    package func tryLock() throws(Failure) -> Bool {
        do throws(Failure) {
            _ = try Self.attempt("flock", path) { flock(descriptor, LOCK_EX | LOCK_NB) }
            return true
        } catch {
            if error.errorNumber == EWOULDBLOCK { return false }
            throw error
        }
    }
}

extension OpenFile {
    /// Calls `body` until it is not interrupted by a signal; -1 is an error.
    private static func attempt<Count: FixedWidthInteger>(
        _ call: String,
        _ path: String,
        _ body: () -> Count
    ) throws(Failure) -> Int {
        while true {
            let result = body()
            if result != -1 { return Int(result) }
            let number = errno
            if number != EINTR { throw failure(call, path, number) }
        }
    }

    private static func failure(_ call: String, _ path: String, _ number: Int32) -> Failure {
        Failure(.system, call: call, path: path, errorNumber: number, reason: text(of: number))
    }

    private static func text(of number: Int32) -> String {
        strerror(number).map { String(cString: $0) } ?? "error \(number)"
    }

    /// The folder that relative paths start from.
    package static func currentFolder() -> String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    /// Holds the thread for some microseconds, fewer if a signal comes.
    package static func pause(microseconds: UInt32) { usleep(microseconds) }

    /// The wall time in seconds and nanoseconds, as digits that sort by time.
    package static func timeDigits() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return "\(padded(String(time.tv_sec), to: 12)).\(padded(String(time.tv_nsec), to: 9))"
    }

    /// Digits with zeros put before them.
    package static func padded(_ digits: String, to count: Int) -> String {
        String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }

    /// Error numbers that the store tells apart.
    package enum Number {
        package static let missing = ENOENT
        package static let exists = EEXIST
        package static let notFolder = ENOTDIR
        /// What opening a symbolic link or a socket gives, under `O_NOFOLLOW`.
        package static let notRegular = [ELOOP, ENXIO]
        package static let notAllowed = [EACCES, EPERM, EROFS]
    }
}
