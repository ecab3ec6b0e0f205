import Model

/// What a run waits for until somebody acts.
struct Obstacle {
    let reason: String
    /// What there is to do about it here.
    let way: String
    /// Whoever froze the connection is going to unfreeze it, or other runs end.
    let isOthers: Bool

    /// nil: it waits for nobody.
    init?(_ run: RunView) {
        switch run.state {
        case .held:
            reason = "run \(run.number) is held: \(Human.safe(run.reason ?? "no reason given"))"
            isOthers = run.hold?.cause == .frozen
        case .queued:
            guard let blocked = run.blockedOn else { return nil }
            reason = "run \(run.number) is queued: \(Human.safe(blocked))"
            isOthers = true
        default:
            return nil
        }
        way = isOthers ? "" : "\"sluice release \(run.number)\" in another terminal lets it go on; "
    }
}
