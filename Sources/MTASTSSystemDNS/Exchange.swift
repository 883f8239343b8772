// SPDX-License-Identifier: Apache-2.0

import CMTASTSResolver
import MTASTS

/// One query to one server or more, on the calling thread, until there is an answer or the tries are used up.
struct Exchange: Sendable {
    /// The server to ask; nil asks those of resolv.conf.
    let server: SystemDNS.Server?
    let timeout: Duration
    let attempts: Int
    let deadline: ContinuousClock.Instant

    /// The octets of an answer with response code NOERROR or NXDOMAIN.
    ///
    /// Only a server that did not answer is asked again: one that answered SERVFAIL says the same a moment later.
    func run(_ query: Query, cancelDescriptor: Int32) -> Result<[UInt8], any Error> {
        var servers = server.map { $0.socketAddress.map { [$0] } ?? [] } ?? SystemDNS.systemServers()
        var failure = DNSFailure(.unreachable, detail: "no server is configured")
        var isFirst = true
        for _ in 0..<attempts {
            var silent: [mtasts_server] = []
            for server in servers {
                do {
                    return .success(try ask(server, query, cancelDescriptor: cancelDescriptor))
                } catch let other as DNSFailure {
                    if isFirst || other.code.weight > failure.code.weight { failure = other }
                    isFirst = false
                    if other.code == .timeout { silent.append(server) }
                } catch {
                    return .failure(error)
                }
            }
            servers = silent
            if servers.isEmpty { break }
        }
        return .failure(failure)
    }

    private func ask(_ server: mtasts_server, _ query: Query, cancelDescriptor: Int32) throws -> [UInt8] {
        var answer = try exchange(server, query, overTCP: false, cancelDescriptor)
        var header = try Header(reading: answer.span)
        if header.isTruncated {
            answer = try exchange(server, query, overTCP: true, cancelDescriptor)
            header = try Header(reading: answer.span)
            guard !header.isTruncated else {
                throw DNSFailure(.malformedAnswer, detail: "truncated over TCP")
            }
        }
        switch header.code {
        case ResponseCode.noError, ResponseCode.noSuchName: return answer
        case ResponseCode.serverFailure: throw DNSFailure(.serverFailure)
        default: throw DNSFailure(.refused, detail: ResponseCode.name(header.code))
        }
    }

    private func exchange(
        _ server: mtasts_server,
        _ query: Query,
        overTCP: Bool,
        _ cancelDescriptor: Int32
    ) throws -> [UInt8] {
        let left = min(timeout, ContinuousClock.now.duration(to: deadline))
        // In milliseconds, rounded up: a wait must not end before its time.
        let milliseconds = Int32(clamping: (left.clampedNanoseconds / 1_000_000) + 1)
        guard left > .zero else { throw DNSFailure(.timeout, detail: "the look-up took too long") }
        var server = server
        var error: Int32 = 0
        var outcome = 0
        let answer = [UInt8](unsafeUninitializedCapacity: Int(UInt16.max)) { buffer, count in
            outcome = mtasts_exchange(
                &server,
                overTCP,
                query.message,
                query.message.count,
                query.questionOctets,
                buffer.baseAddress,
                buffer.count,
                milliseconds,
                cancelDescriptor,
                &error
            )
            count = max(0, outcome)
        }
        switch outcome {
        case 0...: return Array(answer[...])
        case Int(MTASTS_TIMED_OUT): throw DNSFailure(.timeout)
        case Int(MTASTS_CANCELLED): throw CancellationError()
        default: throw DNSFailure(.unreachable, detail: "\(overTCP ? "TCP" : "UDP"): error number \(error)")
        }
    }
}

extension DNSFailure.Code {
    /// Which of the failures of several servers is told: the one that says most.
    fileprivate var weight: Int {
        switch self {
        case .serverFailure: 4
        case .refused: 3
        case .malformedAnswer, .aliasLoop: 2
        case .timeout: 1
        case .unreachable, .overloaded: 0
        }
    }
}
