// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import STSRecord
import Testing
import VectorSupport

@Suite("STSRecord: printing, ids, limits")
struct RecordTests {
    @Test(.proves("R-DISC-23")) func prints() throws {
        let id = try #require(STSRecord.ID("20160831085700Z"))
        #expect(STSRecord(id: id).description == "v=STSv1; id=20160831085700Z;")
        let extensions = [("a", "1"), ("b.c", "x:y")].compactMap { STSRecord.Extension(name: $0.0, value: $0.1) }
        let record = STSRecord(id: id, extensions: extensions)
        #expect(record.description == "v=STSv1; id=20160831085700Z; a=1; b.c=x:y;")
        #expect(try STSRecord(parsing: record.description) == record)
        // Generators must not put a blank before a semicolon: receivers that filter would drop the record.
        #expect(record.description.hasPrefix("v=STSv1;"))
    }

    @Test(
        .proves("R-DISC-18"),
        arguments: ["", " ", "a b", "a-1", "a\0", "é", String(repeating: "0", count: 33), "a\n"]
    )
    func notAnID(_ text: String) { #expect(STSRecord.ID(text) == nil) }

    @Test(.proves("R-DISC-18"), arguments: 1...32)
    func idOfEveryLength(count: Int) throws {
        let text = String("aZ09bY18cX27dW36eV45fU54gT63hS72".prefix(count))
        let id = try #require(STSRecord.ID(text))
        #expect(id.description == text)
        #expect(try STSRecord(parsing: "v=STSv1; id=\(text)").id == id)
        // Any one octet changed is another id, and so is a shorter one.
        for index in text.indices {
            var other = text
            other.replaceSubrange(index...index, with: text[index] == "a" ? "A" : "a")
            #expect(STSRecord.ID(other) != id)
        }
        #expect(STSRecord.ID(String(text.dropLast())) != id)
        #expect(Set([id, try #require(STSRecord.ID(text))]).count == 1)
    }

    @Test(arguments: [
        ("", "1"), ("v", "1"), ("id", "1"), ("_a", "1"), ("a b", "1"), ("é", "1"), ("a=", "1"), ("a;", "1"), ("a", ""),
        ("a", " "),
        ("a", "b c"), ("a", "b;"), ("a", "b=c"), ("a", "é"), ("a", "\0"), ("a", "b\n"),
        (String(repeating: "n", count: 33), "1"),
    ])
    func notAnExtension(_ name: String, _ value: String) {
        #expect(STSRecord.Extension(name: name, value: value) == nil)
    }

    @Test(arguments: [("a", "1"), ("V", "1"), ("ID", "1"), ("a-._", "!<>~"), (String(repeating: "n", count: 32), "\"")])
    func anExtension(_ name: String, _ value: String) throws {
        let field = try #require(STSRecord.Extension(name: name, value: value))
        #expect(try STSRecord(parsing: "v=STSv1; id=a; \(name)=\(value)").extensions == [field])
    }

    /// People count from 1, and are told of the blank or the missing semicolon, not of what stands after it.
    @Test(arguments: [
        ("v=STSv1; id=a b", "octet 14 is neither part of a value nor a semicolon"),
        ("v=STSv1; id=a; x=b\t c", "octet 19 is neither part of a value nor a semicolon"),
        ("v=STSv1; id=a; x=b=c", "octet 19 is neither part of a value nor a semicolon"),
        ("v=STSv1 id=a", "no semicolon after v=STSv1 (octet 8)"),
        ("v=STSv1; id=a-b", "the id at octet 13 is not 1 to 32 letters and digits"),
    ])
    func faultForPeople(_ text: String, _ words: String) {
        let error = #expect(throws: STSRecord.ParseError.self) { try STSRecord(parsing: text) }
        #expect(error?.description == words)
    }

    /// RFC 8461 section 3.1 wants a new id for a new policy: any octet changed, added or removed gives another.
    @Test func oneOctetGivesAnotherID() {
        let policy = Array("version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 604800\r\n".utf8)
        var seen: Set<STSRecord.ID> = [STSRecord.ID(hashing: policy)]
        var count = 1
        func add(_ octets: [UInt8]) {
            seen.insert(STSRecord.ID(hashing: octets))
            count += 1
        }
        for index in policy.indices {
            for bit in 0..<8 {
                var other = policy
                other[index] ^= 1 << UInt8(bit)
                add(other)
            }
            add(Array(policy[..<index]))
        }
        for octet in UInt8.min...UInt8.max { add(policy + [octet]) }
        #expect(seen.count == count)
        #expect(seen.allSatisfy { $0.description.utf8.count == 26 && STSRecord.ID($0.description) == $0 })
    }

    /// 16 times the octets take about 16 times as long, not 256 times.
    @Test(arguments: WorstShape.all)
    func linearTime(_ shape: WorstShape) throws {
        let small = shape.seconds(octets: 4096) { _ = try? STSRecord(parsing: $0) }
        let middle = shape.seconds(octets: 16_384) { _ = try? STSRecord(parsing: $0) }
        let large = shape.seconds(octets: 65_536) { _ = try? STSRecord(parsing: $0) }
        #expect(large < 80 * small + 0.02 && middle < 20 * small + 0.02, "\(small) s, \(middle) s, \(large) s")
    }
}

/// A head, a piece that changes with its number, repeated up to a size, and a tail.
struct WorstShape: CustomStringConvertible, Sendable {
    let description: String
    let head: String
    let piece: @Sendable (Int) -> String
    var tail = ""

    static let all = [
        WorstShape(description: "different extensions", head: "v=STSv1; id=a") { "; k\($0)=1" },
        WorstShape(description: "one extension repeated", head: "v=STSv1; id=a") { _ in ";x=1" },
        WorstShape(description: "blanks", head: "v=STSv1", piece: { _ in " " }, tail: "x"),
        WorstShape(description: "blanks before each semicolon", head: "v=STSv1; id=a") { _ in "      ;      x=1" },
        WorstShape(description: "a long value", head: "v=STSv1; id=a; x=", piece: { _ in "y" }, tail: " "),
        WorstShape(description: "a long name", head: "v=STSv1; id=a; ", piece: { _ in "n" }),
        WorstShape(description: "a long id", head: "v=STSv1; id=", piece: { _ in "0" }),
        WorstShape(description: "semicolons", head: "v=STSv1; id=a", piece: { _ in ";" }),
    ]

    /// The shortest of several runs, in seconds.
    func seconds(octets size: Int, _ run: ([UInt8]) -> Void) -> Double {
        var text = head
        var number = 0
        while text.utf8.count < size - tail.utf8.count {
            text += piece(number)
            number += 1
        }
        let octets = Array((text + tail).utf8)
        let clock = ContinuousClock()
        let best = (0..<5).map { _ in clock.measure { run(octets) } }.min() ?? .zero
        return best / .seconds(1)
    }
}
