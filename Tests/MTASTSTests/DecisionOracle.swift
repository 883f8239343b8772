// SPDX-License-Identifier: Apache-2.0

import MTASTS
import TLSRPT

/// The decision tables of the sender's procedure as text, read row by row: the first row that fits wins.
///
/// It is written from RFC 8461 sections 2, 4 and 5, RFC 8460 section 4.3 and RFC 7671 section 10.3, not from
/// `DecisionTable`, and shares no code with it. `*` fits anything and `a|b` either. In a finding, `=` stands for the
/// reason given with the observation, `?` for any text, `-` for no reason.
struct DecisionOracle {
    /// One combination of inputs.
    struct Case: CustomStringConvertible {
        let policy: DecisionTable.PolicyInForce
        let nameMatches: Bool
        let tls: TLSObservation
        let dane: DANEState
        let options: DecisionOptions

        var description: String {
            "\(policy), name \(nameMatches), \(tls), DANE \(dane), suffices \(options.daneSuffices), "
                + "tlsRequiredNo \(options.tlsRequiredNo)"
        }
    }

    /// A finding where some of the reason may be left open.
    struct Finding: Hashable {
        enum Reason: Hashable {
            case exactly(String?)
            case some
        }

        let policyType: String
        /// The result type, nil for a success.
        let resultType: String?
        let reason: Reason

        func fits(_ finding: TLSFinding) -> Bool {
            guard finding.policyType.rawValue == policyType else { return false }
            switch finding.result {
            case .success: return resultType == nil
            case .failure(let type, let given):
                guard type.rawValue == resultType else { return false }
                return switch reason {
                case .exactly(let text): given == text
                case .some: given.map { !$0.isEmpty } ?? false
                }
            }
        }
    }

    /// What is to come out.
    struct Expectation: CustomStringConvertible {
        let action: String
        let findings: [Finding]
        /// The rows that led here.
        let rows: [String]

        var description: String { "\(action) \(findings) by \(rows)" }

        func fits(_ decision: DeliveryDecision) -> Bool {
            guard action == DecisionOracle.word(decision.action), decision.findings.count == findings.count else {
                return false
            }
            return findings.allSatisfy { expected in decision.findings.contains { expected.fits($0) } }
        }
    }

    /// MTA-STS: the checks in their order, a host's name first (RFC 8461 section 4).
    static let stsTable = """
        row   policy           name  seen        -> verdict  finding
        M9    *                *     noconn      -> open     nothing
        M2,8  testing|enforce  no    *           -> badname  sts:validation-failure:mta-sts-mx-mismatch
        -     *                *     before      -> open     nothing
        -     pending          *     *           -> open     nothing
        M11   absent|none      *     nostarttls  -> open     no-policy-found:starttls-not-supported:=
        M11   absent|none      *     hsfail      -> open     no-policy-found:validation-failure:=
        M11   absent|none      *     *           -> open     no-policy-found:success
        M3,8  testing|enforce  yes   nostarttls  -> badtls   sts:starttls-not-supported:=
        M4,8  testing|enforce  yes   hsfail      -> badtls   sts:validation-failure:=
        M4,8  testing|enforce  yes   below12     -> badtls   sts:validation-failure:?
        M5,8  testing|enforce  yes   expired     -> badtls   sts:certificate-expired:-
        M5,8  testing|enforce  yes   early       -> badtls   sts:certificate-not-trusted:?
        M6,8  testing|enforce  yes   wronghost   -> badtls   sts:certificate-host-mismatch:-
        M7,8  testing|enforce  yes   untrusted   -> badtls   sts:certificate-not-trusted:=
        M7,8  testing|enforce  yes   unchecked   -> badtls   sts:validation-failure:=
        M1    testing|enforce  yes   valid       -> good     sts:success
        """

    /// DANE beside it. DANE does not look at names, dates or trust roots of the web, so `seen` only matters as far
    /// as there is TLS at all.
    static let daneTable = """
        row  dane                                      seen        -> verdict  finding
        M9   *                                         noconn      -> none     nothing
        D1   absent                                    *           -> none     nothing
        D5   lookupfailed                              *           -> bad      tlsa:dnssec-invalid:?
        D6   required                                  *           -> bad      tlsa:dane-required:?
        D4   unusable                                  nostarttls  -> bad      tlsa:tlsa-invalid:?
        D4   unusable                                  hsfail      -> bad      tlsa:tlsa-invalid:?
        D4   unusable                                  *           -> tlsonly  tlsa:tlsa-invalid:?
        D2   usable|matched                            before      -> hoped    nothing
        D3   usable|matched|badhost|badtrust|badother  nostarttls  -> bad      tlsa:starttls-not-supported:=
        D3   usable|matched|badhost|badtrust|badother  hsfail      -> bad      tlsa:validation-failure:=
        D3   badhost                                   *           -> bad      tlsa:certificate-host-mismatch:-
        D3   badtrust                                  *           -> bad      tlsa:certificate-not-trusted:=
        D3   badother                                  *           -> bad      tlsa:validation-failure:=
        D3   usable                                    *           -> bad      tlsa:validation-failure:?
        D2   matched                                   *           -> matched  tlsa:success
        """

    /// What to do. A policy's failure is told before DANE's, for a look for a new policy must come before the message
    /// is returned whenever a policy was a cause (RFC 8461 section 5).
    static let actionTable = """
        row     tlsno  seen    policy   sts      dane           suffices  -> action
        M9      *      noconn  *        *        *              *         -> skip:connectionFailed
        8689    yes    hsfail  *        *        *              *         -> reconnectWithoutTLS
        8689    yes    *       *        *        *              *         -> proceed:opportunistic
        D2      no     before  enforce  *        hoped          yes       -> proceed:dane
        D2      no     *       enforce  *        matched        yes       -> proceed:dane
        M2      no     *       enforce  badname  *              *         -> skip:policyNameMismatch
        M3-7    no     *       enforce  badtls   *              *         -> skip:policyTLSFailure
        D3,5,6  no     *       *        *        bad            *         -> skip:daneFailure
        M1,D2   no     *       enforce  *        hoped|matched  no        -> proceed:daneAndWebPKI
        M1      no     *       enforce  *        *              *         -> proceed:webPKI
        D2      no     *       *        *        hoped|matched  *         -> proceed:dane
        D4      no     *       *        *        tlsonly        *         -> proceed:encrypted
        M8,11   no     hsfail  *        *        none           *         -> reconnectWithoutTLS
        M8,11   no     *       *        *        none           *         -> proceed:opportunistic
        """

    let sts = OracleTable(Self.stsTable)
    let dane = OracleTable(Self.daneTable)
    let action = OracleTable(Self.actionTable)

    /// What `input` must come to, nil if no row fits.
    func expected(_ input: Case) -> Expectation? {
        let seen = Self.word(input.tls)
        let policy = Self.word(input.policy)
        let stsFacts = ["policy": policy, "name": input.nameMatches ? "yes" : "no", "seen": seen]
        let daneFacts = ["dane": Self.word(input.dane), "seen": seen]
        guard let stsRow = sts.first(stsFacts), let daneRow = dane.first(daneFacts) else { return nil }
        let actionFacts = [
            "tlsno": input.options.tlsRequiredNo ? "yes" : "no", "seen": seen, "policy": policy,
            "sts": stsRow["verdict"] ?? "", "dane": daneRow["verdict"] ?? "",
            "suffices": input.options.daneSuffices ? "yes" : "no",
        ]
        guard let actionRow = action.first(actionFacts), let word = actionRow["action"] else { return nil }
        let goesOn = seen == "before" && !word.hasPrefix("skip")
        var findings: [Finding] = []
        if !goesOn {
            let tlsReason = Self.reason(input.tls)
            findings.append(contentsOf: Self.finding(stsRow["finding"] ?? "", given: tlsReason))
            let daneReason = input.tls.isTLS ? Self.reason(input.dane) : tlsReason
            findings.append(contentsOf: Self.finding(daneRow["finding"] ?? "", given: daneReason))
        }
        // "no-policy-found" means neither kind of policy (RFC 8460 section 4).
        if input.dane != .notApplicable { findings.removeAll { $0.policyType == "no-policy-found" } }
        return Expectation(
            action: word,
            findings: findings,
            rows: [stsRow["row"], daneRow["row"], actionRow["row"]].compactMap(\.self)
        )
    }
}

/// A table of words: a heading, then rows; `->` parts what is asked from what is answered.
struct OracleTable {
    private let asked: [String]
    private let rows: [[String: String]]

    init(_ text: String) {
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let heading = lines.first ?? []
        asked = Array(heading.prefix { $0 != "->" }.dropFirst())
        rows = lines.dropFirst().map { words in Dictionary(zip(heading, words)) { first, _ in first } }
    }

    /// How many rows there are.
    var count: Int { rows.count }

    /// The first row that fits.
    func first(_ facts: [String: String]) -> [String: String]? {
        rows.first { row in
            asked.allSatisfy { column in
                guard let pattern = row[column], let fact = facts[column] else { return false }
                return pattern == "*" || pattern.split(separator: "|").contains { $0 == fact }
            }
        }
    }
}

// The words that the tables use for the library's values.
extension DecisionOracle {
    static func word(_ policy: DecisionTable.PolicyInForce) -> String {
        switch policy {
        case .noPolicy: "absent"
        case .pending: "pending"
        case .policy(let mode): "\(mode)"
        }
    }

    static func word(_ tls: TLSObservation) -> String {
        switch tls {
        case .notAttempted: "before"
        case .connectionFailed: "noconn"
        case .startTLSNotOffered: "nostarttls"
        case .handshakeFailed: "hsfail"
        case .establishedBelowTLS12: "below12"
        case .established(.valid): "valid"
        case .established(.expired): "expired"
        case .established(.notYetValid): "early"
        case .established(.notTrusted): "untrusted"
        case .established(.hostMismatch): "wronghost"
        case .established(.notVerified): "unchecked"
        }
    }

    static func word(_ dane: DANEState) -> String {
        switch dane {
        case .notApplicable: "absent"
        case .usable: "usable"
        case .matched: "matched"
        case .mismatched(.hostMismatch): "badhost"
        case .mismatched(.notTrusted): "badtrust"
        case .mismatched(.other): "badother"
        case .allUnusable: "unusable"
        case .lookupFailed: "lookupfailed"
        case .requiredButAbsent: "required"
        }
    }

    static func word(_ action: DeliveryDecision.Action) -> String {
        switch action {
        case .proceed(let requirement): "proceed:\(requirement.rawValue)"
        case .reconnectWithoutTLS: "reconnectWithoutTLS"
        case .skip(let reason): "skip:\(reason.rawValue)"
        }
    }

    private static func reason(_ tls: TLSObservation) -> String? {
        switch tls {
        case .startTLSNotOffered(let reason): reason
        case .handshakeFailed(let reason): reason
        case .established(.notTrusted(let reason)), .established(.notVerified(let reason)): reason
        default: nil
        }
    }

    private static func reason(_ dane: DANEState) -> String? {
        switch dane {
        case .mismatched(.notTrusted(let reason)), .mismatched(.other(let reason)): reason
        default: nil
        }
    }

    private static func finding(_ word: String, given: String?) -> [Finding] {
        let parts = word.split(separator: ":").map(String.init)
        guard let policyType = parts.first, let result = parts.dropFirst().first else { return [] }
        let reason: Finding.Reason =
            switch parts.last {
            case "=": .exactly(given)
            case "?": .some
            case "-": .exactly(nil)
            case let text: .exactly(text)
            }
        return [Finding(policyType: policyType, resultType: result == "success" ? nil : result, reason: reason)]
    }
}

extension TLSObservation {
    fileprivate var isTLS: Bool {
        switch self {
        case .startTLSNotOffered, .handshakeFailed: false
        default: true
        }
    }
}
