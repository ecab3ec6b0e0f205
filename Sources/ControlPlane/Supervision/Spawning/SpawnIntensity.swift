/// Bounds how many processes are started in a while, so that workers that die at birth do not become a storm.
struct SpawnIntensity {
    private let spawnsMax: Int
    private let window: Duration
    private var starts: [ContinuousClock.Instant] = []

    init(spawnsMax: Int, window: Duration) {
        self.spawnsMax = spawnsMax
        self.window = window
    }

    /// Whether one more may be started now; counts it if so.
    mutating func mayStart(now: ContinuousClock.Instant = .now) -> Bool {
        starts.removeAll { $0.duration(to: now) >= window }
        guard starts.count < spawnsMax else { return false }
        starts.append(now)
        return true
    }
}
