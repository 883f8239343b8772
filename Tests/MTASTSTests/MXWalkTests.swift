// SPDX-License-Identifier: Apache-2.0

import RequirementTrait
import Testing

@testable import MTASTS

/// What follows a walk, as rows of which the first that fits wins (RFC 8461 sections 5 and 5.1).
private struct WalkRow: Sendable {
    enum Presence: Sendable { case any, some, none }

    let name: String
    let delivered: Presence
    let policySkip: Presence
    let permanent: Presence
    let stages: [QueueStage]
    let conclusion: WalkConclusion

    static let rows: [WalkRow] = [
        WalkRow(
            name: "some MX delivered",
            delivered: .some,
            policySkip: .any,
            permanent: .any,
            stages: [.retriesLeft, .lifetimeOver, .lifetimeOverAndRechecked],
            conclusion: .delivered
        ),
        WalkRow(
            name: "ordinary permanent failure, no policy had a part in it",
            delivered: .any,
            policySkip: .none,
            permanent: .some,
            stages: [.retriesLeft, .lifetimeOver, .lifetimeOverAndRechecked],
            conclusion: .failed
        ),
        WalkRow(
            name: "it would be returned now, and a policy had a part in it",
            delivered: .any,
            policySkip: .some,
            permanent: .some,
            stages: [.retriesLeft, .lifetimeOver],
            conclusion: .recheckFirst
        ),
        WalkRow(
            name: "the same, and the new look found nothing",
            delivered: .any,
            policySkip: .some,
            permanent: .some,
            stages: [.lifetimeOverAndRechecked],
            conclusion: .failed
        ),
        WalkRow(
            name: "all skipped or transient",
            delivered: .any,
            policySkip: .any,
            permanent: .any,
            stages: [.retriesLeft],
            conclusion: .deferred
        ),
        WalkRow(
            name: "lifetime over, a policy was a cause",
            delivered: .any,
            policySkip: .some,
            permanent: .any,
            stages: [.lifetimeOver],
            conclusion: .recheckFirst
        ),
        WalkRow(
            name: "lifetime over, no policy was a cause",
            delivered: .any,
            policySkip: .none,
            permanent: .any,
            stages: [.lifetimeOver],
            conclusion: .failed
        ),
        WalkRow(
            name: "lifetime over and looked for a new policy",
            delivered: .any,
            policySkip: .any,
            permanent: .any,
            stages: [.lifetimeOverAndRechecked],
            conclusion: .failed
        ),
    ]

    func fits(_ outcomes: [MXOutcome], _ stage: QueueStage) -> Bool {
        func fits(_ presence: Presence, _ wanted: [MXOutcome]) -> Bool {
            switch presence {
            case .any: true
            case .some: outcomes.contains { wanted.contains($0) }
            case .none: !outcomes.contains { wanted.contains($0) }
            }
        }
        return stages.contains(stage) && fits(delivered, [.delivered])
            && fits(policySkip, [.skipped(.policyNameMismatch), .skipped(.policyTLSFailure)])
            && fits(permanent, [.permanentFailure])
    }
}

@Suite("After the walk over the MX hosts")
struct MXWalkTests {
    static let outcomes: [MXOutcome] = [
        .delivered, .skipped(.policyNameMismatch), .skipped(.policyTLSFailure), .skipped(.daneFailure),
        .skipped(.connectionFailed), .transientFailure, .permanentFailure,
    ]
    static let stages: [QueueStage] = [.retriesLeft, .lifetimeOver, .lifetimeOverAndRechecked]

    /// All walks over up to three hosts.
    static var walks: [[MXOutcome]] {
        var all: [[MXOutcome]] = [[]]
        var longest: [[MXOutcome]] = [[]]
        for _ in 0..<3 {
            longest = longest.flatMap { walk in outcomes.map { walk + [$0] } }
            all += longest
        }
        return all
    }

    let resolution = PolicyResolution(nextHop: .local, state: .pending)

    @Test("Every walk over up to three hosts, at every stage", .proves("R-APPLY-06", "R-APPLY-07", "R-APPLY-09"))
    func everyWalk() {
        var compared = 0
        var reached: Set<String> = []
        for walk in Self.walks {
            for stage in Self.stages {
                guard let row = WalkRow.rows.first(where: { $0.fits(walk, stage) }) else {
                    Issue.record("no row for \(walk) at \(stage)")
                    continue
                }
                compared += 1
                reached.insert(row.name)
                let got = resolution.afterWalk(walk, stage: stage)
                #expect(got == row.conclusion, "\(walk) at \(stage): \(row.name)")
            }
        }
        #expect(compared == (1 + 7 + 49 + 343) * 3)
        #expect(reached.count == WalkRow.rows.count)
    }

    @Test("A policy failure alone is never permanent before a new look at DNS", .proves("R-APPLY-06", "R-APPLY-07"))
    func neverPermanentWithoutRecheck() {
        for walk in Self.walks where walk.contains(where: \.isPolicySkip) && !walk.contains(.delivered) {
            #expect(resolution.afterWalk(walk, stage: .retriesLeft) != .failed, "\(walk)")
            #expect(resolution.afterWalk(walk, stage: .lifetimeOver) == .recheckFirst, "\(walk)")
            #expect(resolution.afterWalk(walk, stage: .lifetimeOverAndRechecked) == .failed, "\(walk)")
        }
    }

    @Test("The order of the hosts does not matter")
    func orderDoesNotMatter() {
        for walk in Self.walks {
            for stage in Self.stages {
                #expect(resolution.afterWalk(walk, stage: stage) == resolution.afterWalk(walk.reversed(), stage: stage))
            }
        }
    }

    @Test("A message may stay in the queue if nothing is said of it", .proves("R-APPLY-06"))
    func stageByDefault() {
        #expect(resolution.afterWalk([.skipped(.policyTLSFailure)]) == .deferred)
        #expect(resolution.afterWalk([]) == .deferred)
    }
}

extension MXOutcome {
    fileprivate var isPolicySkip: Bool { self == .skipped(.policyNameMismatch) || self == .skipped(.policyTLSFailure) }
}
