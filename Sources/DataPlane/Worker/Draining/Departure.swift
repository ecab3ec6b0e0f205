/// A process that is going to exit by itself, once the coordinator has heard everything.
struct Departure {
    /// When the last thing was said, in ns of CLOCK_BOOTTIME; a heartbeat sent from then on proves, by its answer, that
    /// it was heard.
    var saidEverythingAt: Int64?
    /// The work thread is not waited for: it hangs in an errand that is overdue.
    var isForced = false
}
