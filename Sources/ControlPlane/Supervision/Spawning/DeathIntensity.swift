/// Counts the workers that ended without having been told to, so that workers that die at birth do not become a storm.
///
/// Workers that were killed by order, or left because their work was done, do not count: however many runs begin and
/// are stopped, the next one gets its processes.
struct DeathIntensity {
    private let deathsMax: Int
    private let window: Duration
    private var deaths: [ContinuousClock.Instant] = []

    init(deathsMax: Int, window: Duration) {
        self.deathsMax = deathsMax
        self.window = window
    }

    mutating func note(now: ContinuousClock.Instant = .now) {
        deaths.append(now)
        if deaths.count > deathsMax { deaths.removeFirst() }
    }

    /// Whether one more may be started now.
    mutating func mayStart(now: ContinuousClock.Instant = .now) -> Bool {
        deaths.removeAll { $0.duration(to: now) >= window }
        return deaths.count < deathsMax
    }
}
