// SPDX-License-Identifier: Apache-2.0

#if AsyncHTTPClient
import Foundation
import MTASTS
import NIOCore
import Synchronization

/// Looks up addresses with the C library's resolver.
///
/// The call blocks and cannot be ended, and the names come from strangers. So each look-up has a thread of its own:
/// one whose servers never answer holds up no other. Their number is limited.
final class AddressLookup: Sendable {
    private static let maximumLookups = 128

    private let running = Lock(0)

    /// The addresses of a host, in the order of the C library (RFC 6724).
    func addresses(of host: String) async throws -> [IPAddress] {
        let isAdmitted = running.withLock { running in
            guard running < Self.maximumLookups else { return false }
            running += 1
            return true
        }
        guard isAdmitted else {
            throw HTTPFailure.overloaded(reason: "\(Self.maximumLookups) address look-ups are running")
        }
        let answer = Answer()
        Thread.detachNewThread {
            answer.resume(with: Result { try Self.lookUp(host) })
            self.running.withLock { $0 -= 1 }
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { answer.wait(with: $0) }
        } onCancel: {
            answer.resume(with: .failure(CancellationError()))
        }
    }

    private static func lookUp(_ host: String) throws -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            throw HTTPFailure.connection(reason: "no address of \(host): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next {
            if let address = IPAddress(entry.pointee), !found.contains(address) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return found
    }
}

extension IPAddress {
    fileprivate init?(_ entry: addrinfo) {
        guard let generic = entry.ai_addr else { return nil }
        let octets: [UInt8]
        switch entry.ai_family {
        case AF_INET where Int(entry.ai_addrlen) >= MemoryLayout<sockaddr_in>.size:
            octets = generic.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                withUnsafeBytes(of: address.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6 where Int(entry.ai_addrlen) >= MemoryLayout<sockaddr_in6>.size:
            octets = generic.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                withUnsafeBytes(of: address.pointee.sin6_addr) { Array($0) }
            }
        default:
            return nil
        }
        self.init(octets: octets)
    }
}

/// The result of a look-up, given once to the one who waits; what comes after it is dropped.
private final class Answer: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<[IPAddress], any Error>)
        case ready(Result<[IPAddress], any Error>)
        case done
    }

    private let state = Lock(State.empty)

    func wait(with continuation: CheckedContinuation<[IPAddress], any Error>) {
        let result: Result<[IPAddress], any Error>? = state.withLock { state in
            if case .ready(let result) = state {
                state = .done
                return result
            }
            state = .waiting(continuation)
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    func resume(with result: Result<[IPAddress], any Error>) {
        let continuation: CheckedContinuation<[IPAddress], any Error>? = state.withLock { state in
            switch state {
            case .empty:
                state = .ready(result)
            case .waiting(let continuation):
                state = .done
                return continuation
            case .ready, .done:
                break
            }
            return nil
        }
        continuation?.resume(with: result)
    }
}
#endif
