import Model

/// Shows how a run goes, on stderr: one line that moves on a terminal, a line now and then elsewhere.
final class LiveProgress {
    private let isTerminal: Bool
    private let isSilent: Bool
    private let clock = ContinuousClock()
    private var lastShown: ContinuousClock.Instant?
    private var lastState: RunState?
    private var hasLine = false

    /// Between two plain lines of the same state.
    private static let plainInterval = Duration.seconds(5)

    /// - Parameter isQuiet: nothing unless stderr is a terminal.
    init(isQuiet: Bool) {
        isTerminal = Console.errorIsTerminal
        isSilent = isQuiet && !isTerminal
    }

    func show(_ run: RunView) {
        guard !isSilent else { return }
        let line = ProgressLine(run: run, now: Human.now)
        if isTerminal {
            Console.error(raw: "\r\u{1B}[K" + line.bar(columns: Console.columns))
            hasLine = true
        } else if run.state != lastState || lastShown.map({ clock.now - $0 >= Self.plainInterval }) ?? true {
            Console.error(line.plain)
            lastShown = clock.now
        }
        lastState = run.state
    }

    /// Leaves the line free for other text.
    func clear() {
        if hasLine { Console.error(raw: "\r\u{1B}[K") }
        hasLine = false
    }
}
