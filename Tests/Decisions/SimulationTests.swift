import Decisions
import Model
import Testing

@Suite struct SimulationTests {
    @Test func `two thousand simulated runs end with verdicts that equal the destination`() {
        var ends: [RunState: Int] = [:]
        var (quarantined, swapped, lostSwaps) = (0, 0, 0)
        var (deleted, letGo, turnedOff) = (0, 0, 0)
        for seed in UInt64(1)...2_000 {
            var simulation = Simulation(seed: seed)
            do {
                try simulation.run()
                ends[simulation.store.run.state, default: 0] += 1
                let swaps = simulation.store.run.streams.filter { $0.writeMode == .replace }.map(\.swap)
                swapped += swaps.count { $0 == .committed }
                lostSwaps += swaps.count { $0 == .rolledBack }
                deleted += simulation.store.run.counts.deleted
                letGo += simulation.letGoStreams.count
                turnedOff += simulation.store.run.streams.count { $0.deletes?.state == .off }
                quarantined += simulation.store.run.counts.quarantined
            } catch {
                Issue.record("seed \(seed): \(error); \(simulation.log)")
            }
        }
        #expect(swapped > 100)
        #expect(deleted > 200)
        #expect(letGo > 10)
        #expect(turnedOff > 50)
        #expect(lostSwaps > 100)
        // The scheduler reaches every ending, or it does not test much.
        #expect(ends[.completed, default: 0] > 100)
        #expect(ends[.cancelled, default: 0] > 100)
        #expect(quarantined > 100)
    }

    @Test func `without the fence the same runs are misjudged`() {
        var wrong = 0
        for seed in UInt64(1)...2_000 {
            var simulation = Simulation(seed: seed, faults: Simulation.Faults(fence: false))
            do {
                try simulation.run()
            } catch {
                wrong += 1
            }
        }
        #expect(wrong > 0)
    }
}
