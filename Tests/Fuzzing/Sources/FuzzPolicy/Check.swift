// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import STSPolicy

func check(_ octets: [UInt8]) {
    let strict = try? STSPolicy(strictlyParsing: octets)
    let policy: STSPolicy
    do throws(STSPolicy.ParseError) {
        policy = try STSPolicy(parsing: octets)
    } catch {
        require(strict == nil, "what the strict reader takes the default reader takes")
        require((0...octets.count).contains(error.offset), "the offset of an error is within the text")
        require(!error.description.isEmpty, "an error has words")
        let lines = octets.count { $0 == 0x0A } + 1
        require((1...lines).contains(error.line), "the line of an error is one of the text")
        return
    }
    require(strict == nil || strict == policy, "both readers see the same values")
    require(policy.text == octets, "the text is kept octet by octet")
    require((0...STSPolicy.maximumMaxAge).contains(policy.maxAge), "max_age is within its range")
    require(policy.mode == .none || !policy.mx.isEmpty, "there is an mx unless the mode is none")
    let text = policy.description
    if text.utf8.count <= STSPolicy.maximumOctets {
        require((try? STSPolicy(parsing: text)) == policy, "parse(print(policy)) is the policy")
        let hasUnderscore = policy.mx.contains { $0.description.utf8.contains(0x5F) }
        require((try? STSPolicy(strictlyParsing: text)) == (hasUnderscore ? nil : policy), "what is printed is strict")
    }
    checkParts(of: policy)
}

private func checkParts(of policy: STSPolicy) {
    var names: Set<String> = []
    for pattern in policy.mx {
        require(
            (try? MXPattern(parsing: pattern.description))?.description == pattern.description,
            "a pattern is one by itself"
        )
        require(names.insert(pattern.description).inserted, "a pattern is there once")
        if !pattern.isWildcard, let host = DomainName(pattern.description) {
            require(policy.matches(host) && pattern.matches(host), "a plain pattern matches its own name")
        }
    }
    names = []
    for field in policy.extensions {
        require(STSPolicy.Extension(name: field.name, value: field.value) == field, "an extension is one by itself")
        require(names.insert(field.name).inserted, "an extension is there once")
    }
}
