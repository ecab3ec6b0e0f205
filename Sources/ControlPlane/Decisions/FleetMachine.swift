public import Model

/// Who gets which worker process: runs and errands ask, ready processes are given, one warm spare is kept.
///
/// A process serves one owner and is never given twice. Errands go first: they are what a cancel waits for.
public struct FleetMachine: Sendable {
    public enum Owner: Hashable, Sendable {
        case run(RunID)
        case errand(ErrandID)
    }

    public enum Directive: Sendable, Equatable {
        case spawn(Incarnation)
        case give(Incarnation, Owner)
    }

    private var idle: [Incarnation] = []
    private var ordered: Set<Incarnation> = []
    private var owners: [Incarnation: Owner] = [:]
    private var errands: [ErrandID] = []
    private var runs: [(run: RunID, count: Int)] = []
    private var failures = 0
    private var generator: SplitMix64
    public let slots: Int
    public let spares: Int
    /// In a row, before runs that wait for processes are told.
    public static let failuresMax = 3

    public init(slots: Int, spares: Int, seed: UInt64) {
        self.slots = slots
        self.spares = spares
        generator = SplitMix64(state: seed)
    }

    public func owner(of incarnation: Incarnation) -> Owner? { owners[incarnation] }

    /// Processes that work on runs, or are promised to them.
    public var slotsTaken: Int {
        let given = owners.values.count {
            if case .run = $0 { return true }
            return false
        }
        return given + runs.reduce(0) { $0 + $1.count }
    }

    /// The same without what `run` waits for.
    public func slotsTaken(except run: RunID) -> Int {
        slotsTaken - runs.filter { $0.run == run }.reduce(0) { $0 + $1.count }
    }

    public mutating func started(_ now: Timestamp) -> [Directive] { settle(now) }

    /// `run` wants so many processes over those it has; an earlier wish of it is replaced.
    public mutating func wanted(_ count: Int, for run: RunID, _ now: Timestamp) -> [Directive] {
        runs.removeAll { $0.run == run }
        if count > 0 { runs.append((run, count)) }
        return settle(now)
    }

    public mutating func wanted(_ errand: ErrandID, _ now: Timestamp) -> [Directive] {
        errands.append(errand)
        return settle(now)
    }

    /// The errand is over or given up.
    public mutating func withdrew(_ errand: ErrandID) {
        errands.removeAll { $0 == errand }
    }

    public mutating func ready(_ incarnation: Incarnation, _ now: Timestamp) -> [Directive] {
        guard ordered.remove(incarnation) != nil else { return [] }
        failures = 0
        idle.append(incarnation)
        return settle(now)
    }

    /// Returns the runs to be told when spawning has become hopeless.
    public mutating func spawnFailed(_ incarnation: Incarnation, _ now: Timestamp) -> (told: [RunID], [Directive]) {
        ordered.remove(incarnation)
        failures += 1
        guard failures >= Self.failuresMax else { return ([], settle(now)) }
        let told = runs.map(\.run)
        runs.removeAll()
        return (told, [])
    }

    public mutating func died(_ incarnation: Incarnation, _ now: Timestamp) -> (owner: Owner?, [Directive]) {
        let wasStarting = ordered.remove(incarnation) != nil
        idle.removeAll { $0 == incarnation }
        let owner = owners.removeValue(forKey: incarnation)
        if wasStarting {
            failures += 1
            if failures >= Self.failuresMax { return (owner, []) }
        }
        return (owner, settle(now))
    }

    private mutating func settle(_ now: Timestamp) -> [Directive] {
        var directives: [Directive] = []
        while let incarnation = idle.first, let owner = nextOwner() {
            idle.removeFirst()
            owners[incarnation] = owner
            directives.append(.give(incarnation, owner))
        }
        let waiting = errands.count + runs.reduce(0) { $0 + $1.count }
        while ordered.count + idle.count < waiting + spares {
            let incarnation = Incarnation.make(milliseconds: now.milliseconds, using: &generator)
            ordered.insert(incarnation)
            directives.append(.spawn(incarnation))
        }
        return directives
    }

    private mutating func nextOwner() -> Owner? {
        if !errands.isEmpty { return .errand(errands.removeFirst()) }
        guard let first = runs.first else { return nil }
        if first.count > 1 {
            runs[0].count -= 1
        } else {
            runs.removeFirst()
        }
        return .run(first.run)
    }
}
