import Client
import Glibc
import Model

/// Watches a run until it stands as asked.
struct RunFollower {
    let client: Client
    let progress: LiveProgress

    /// The least time between two looks, µs: a run changes far more often than a person can read.
    private static let interval: useconds_t = 100_000

    /// - Parameters:
    ///   - onChange: called with every state seen.
    ///   - isEnd: by default the terminal states; a held run goes on being watched.
    func follow(
        _ reference: String,
        onChange: (RunView) throws -> Void = { _ in },
        until isEnd: (RunView) -> Bool = \.state.isTerminal
    ) throws -> RunView {
        defer { progress.clear() }
        var version: UInt64 = 0
        var warnings = 0
        while true {
            let (next, run) = try client.watch(reference, since: version)
            version = next
            for warning in run.warnings.dropFirst(warnings) { Console.interject("warning: \(Human.safe(warning))") }
            warnings = max(warnings, run.warnings.count)
            progress.show(run)
            try onChange(run)
            if isEnd(run) { return run }
            usleep(Self.interval)
        }
    }
}
