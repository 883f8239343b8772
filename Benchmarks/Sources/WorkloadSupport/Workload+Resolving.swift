// SPDX-License-Identifier: Apache-2.0

import MTASTS

extension Workload {
    static func resolving() -> [Workload] {
        var list: [Workload] = []
        for size in [1_000, 100_000, 1_000_000] {
            for threads in [1, 2] {
                for hot in [false, true] {
                    let name = "peek, \(hot ? "64 hot" : "uniform"), \(threads) \(threads == 1 ? "thread" : "threads")"
                    let level: Level = size > 1_000 ? .timed : threads == 1 ? .recorded : .timed
                    list.append(
                        Workload(name, size, "domains", level, threads: threads, batch: 40_000) {
                            peeking(try await World.Last.shared.world(size), hot: hot, threads: threads)
                        }
                    )
                }
            }
        }
        list.append(
            Workload("resolve, miss", 1, "domains", .counted, batch: 200) {
                let population = try Population(20_000)
                let transport = PopulationTransport()
                return { count in
                    // A cache of one entry never has the domain that is asked for.
                    let cache = PolicyCache(capacity: 1)
                    let resolver = PolicyResolver(dns: transport, http: transport, cache: cache)
                    var sum = 0
                    for number in 0..<count {
                        let domain = population.domains[number % population.domains.count]
                        sum &+= try await resolver.resolve(.domain(domain)).policy == nil ? 0 : 1
                    }
                    return sum
                }
            }
        )
        return list
    }

    private static func peeking(_ world: World, hot: Bool, threads: Int) -> Operation {
        // Names of their own for each thread, as each message brings its own: their counts are not shared.
        let names = (0..<threads).map { _ in
            hot ? world.nextHops.prefix(64).compactMap { try? NextHop(recipientDomain: $0.text) } : world.nextHops
        }
        @Sendable func peek(_ count: Int, _ thread: Int) -> Int {
            let hops = names[thread]
            var state = UInt64(thread) + 1
            var found = 0
            for _ in 0..<count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let place = hot ? Int(state >> 58) : Int((state >> 32) % UInt64(hops.count))
                if world.resolver.peek(hops[place])?.policy != nil { found &+= 1 }
            }
            return found
        }
        guard threads > 1 else { return { count in peek(count, 0) } }
        return { count in
            await withTaskGroup(of: Int.self) { group in
                for thread in 0..<threads {
                    group.addTask(executorPreference: globalConcurrentExecutor) {
                        peek(count / threads, thread)
                    }
                }
                return await group.reduce(0, &+)
            }
        }
    }
}

extension NextHop {
    /// The name, in memory of its own.
    fileprivate var text: String {
        policyDomain.map { String(decoding: Array($0.description.utf8), as: UTF8.self) } ?? ""
    }
}
