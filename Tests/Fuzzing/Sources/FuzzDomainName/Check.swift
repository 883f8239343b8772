// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import MXPattern

func check(_ octets: [UInt8]) {
    let name: DomainName
    do throws(DomainName.ParseError) {
        name = try DomainName(parsing: octets.span)
    } catch {
        require((0...octets.count).contains(error.offset), "the offset of an error is within the text")
        require(!error.description.isEmpty, "an error has words")
        return
    }
    let text = name.description
    require(DomainName(text)?.description == text, "a canonical name is its own canonical form")
    require((1...DomainName.maximumOctets).contains(text.utf8.count), "a name has 1 to 253 octets")
    require(text.lowercased() == text, "a name is lower case")
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    require(labels.count == name.labelCount, "labels are counted")
    require(
        labels.allSatisfy { (1...DomainName.maximumLabelOctets).contains($0.utf8.count) },
        "a label has 1 to 63 octets"
    )
    require(DomainName(String(decoding: octets, as: UTF8.self)) == name, "text and octets give the same name")
    require(name.matchesPresentedIdentifier(text.uppercased()), "a certificate for the name identifies it")
    require((try? MXPattern(parsing: text))?.matches(name) == true, "the pattern of the name matches it")
}
