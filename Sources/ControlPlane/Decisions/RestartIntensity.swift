public import Model

/// Counts the deaths that nobody ordered: too many within a window hold the run.
public struct RestartIntensity: Sendable {
    public static let deathsMax = 3
    public static let window = Duration.seconds(60)
    private var deaths: [Timestamp] = []

    public init() {}

    /// Returns true when this death is one too many.
    public mutating func note(_ now: Timestamp) -> Bool {
        deaths.removeAll { now.since($0) > Self.window }
        deaths.append(now)
        return deaths.count >= Self.deathsMax
    }

    public mutating func forget() {
        deaths.removeAll()
    }
}
