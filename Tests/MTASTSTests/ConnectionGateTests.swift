// SPDX-License-Identifier: Apache-2.0

import MTASTS
import RequirementTrait
import Testing

@Suite("Connection gate")
struct ConnectionGateTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    private func failure(of body: () throws -> Void) -> HTTPFailure? {
        do {
            try body()
            return nil
        } catch {
            return error as? HTTPFailure
        }
    }

    @Test(
        "The guard is on by default",
        .proves("R-FETCH-25"),
        arguments: ["127.0.0.1", "10.1.2.3", "::1", "fe80::1", "::ffff:192.168.0.1"]
    )
    func refusesNonPublic(text: String) throws {
        let gate = ConnectionGate()
        let address = try address(text)
        #expect(gate.refusesNonPublicAddresses)
        #expect(!gate.allows(address))
        guard case .connection(let reason) = failure(of: { try gate.connectionOpened(to: address) }) else {
            Issue.record("\(text) was let in")
            return
        }
        #expect(reason.contains(address.description))
    }

    @Test("Exempt addresses and an open gate", .proves("R-FETCH-25"))
    func exempt() throws {
        let inner = try address("127.0.0.1")
        let other = try address("127.0.0.2")
        let gate = ConnectionGate(exempt: [inner])
        #expect(gate.allows(inner) && !gate.allows(other))
        // An exempt IPv4 address is exempt in its mapped form as well: it is the same address.
        #expect(gate.allows(try address("::ffff:127.0.0.1")))
        try gate.connectionOpened(to: inner)
        #expect(failure { try gate.connectionOpened(to: other) } != nil)
        let open = ConnectionGate(refusesNonPublicAddresses: false)
        #expect(open.allows(other))
        try open.connectionOpened(to: other)
    }

    @Test("The cap holds for each address, refuses as overloaded, and a closed connection makes room")
    func cap() throws {
        let gate = ConnectionGate(maximumConnectionsPerAddress: 2)
        let (first, second) = (try address("8.8.8.8"), try address("8.8.4.4"))
        try gate.connectionOpened(to: first)
        try gate.connectionOpened(to: first)
        for _ in 0..<3 {
            guard case .overloaded = failure(of: { try gate.connectionOpened(to: first) }) else {
                Issue.record("the cap does not hold")
                return
            }
        }
        try gate.connectionOpened(to: second)
        gate.connectionClosed(to: first)
        try gate.connectionOpened(to: first)
        #expect(failure { try gate.connectionOpened(to: first) } != nil)
    }

    @Test("A close without an open changes nothing")
    func closeWithoutOpen() throws {
        let gate = ConnectionGate(maximumConnectionsPerAddress: 1)
        let address = try address("8.8.8.8")
        gate.connectionClosed(to: address)
        try gate.connectionOpened(to: address)
        #expect(failure { try gate.connectionOpened(to: address) } != nil)
        gate.connectionClosed(to: address)
        gate.connectionClosed(to: address)
        try gate.connectionOpened(to: address)
        #expect(failure { try gate.connectionOpened(to: address) } != nil)
    }

    @Test("The cap is at least one", arguments: [0, -1, Int.min])
    func smallestCap(cap: Int) throws {
        let gate = ConnectionGate(maximumConnectionsPerAddress: cap)
        #expect(gate.maximumConnectionsPerAddress == 1)
        let address = try address("8.8.8.8")
        try gate.connectionOpened(to: address)
        #expect(failure { try gate.connectionOpened(to: address) } != nil)
    }

    @Test("Of many tasks at once exactly as many get in as may")
    func manyTasks() async throws {
        let gate = ConnectionGate(maximumConnectionsPerAddress: 10)
        let address = try address("8.8.8.8")
        let admitted = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask { (try? gate.connectionOpened(to: address)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(admitted == 10)
    }
}

@Suite struct ConnectionGateSiteTests {
    /// One IPv6 site cannot take more than its share by using many of its addresses.
    @Test func aWholeIPv6SiteCountsAsOneAddress() throws {
        let gate = ConnectionGate(maximumConnectionsPerAddress: 2)
        let addresses = try ["2a00:1450::1", "2a00:1450::2", "2a00:1450:0:0:ffff::1"].map { try require(IPAddress($0)) }
        try gate.connectionOpened(to: addresses[0])
        try gate.connectionOpened(to: addresses[1])
        #expect(throws: HTTPFailure.self) { try gate.connectionOpened(to: addresses[2]) }
        try gate.connectionOpened(to: try require(IPAddress("2a00:1450:0:1::1")))
        gate.connectionClosed(to: addresses[0])
        try gate.connectionOpened(to: addresses[2])
    }
}
