import Model
import Testing

/// What a class of tries has shown.
struct KillReport {
    private(set) var name: String
    var tries = 0
    /// Everything that must not be, in words.
    var wrong: [String] = []
    var wrongVerdicts = 0
    var effectsAfterTerminal = 0
    /// Runs that did not end in time.
    var stuck = 0
    var disturbed = 0
    var killedBetweenPermitAndOutcome = 0
    /// From the request of a force cancel, in seconds.
    private(set) var toLastEffect: [Double] = []
    private(set) var toDead: [Double] = []
    private(set) var toEnd: [Double] = []
    var duration = Duration.zero

    init(name: String) {
        self.name = name
    }

    func named(_ name: String) -> KillReport {
        var report = self
        report.name = name
        return report
    }

    mutating func note(_ ended: RunView, requestedAt: Timestamp, lastEffectAt: Timestamp?) {
        if let last = lastEffectAt { toLastEffect.append(max(0, last.since(requestedAt).seconds)) }
        if let dead = ended.cancel?.workersDeadAt { toDead.append(dead.since(requestedAt).seconds) }
        if let end = ended.endedAt { toEnd.append(end.since(requestedAt).seconds) }
    }

    /// At least 30 % of the kills, less what so many draws may miss it by (three standard deviations).
    var isBetweenPermitAndOutcomeOftenEnough: Bool {
        let kills = Double(disturbed)
        return Double(killedBetweenPermitAndOutcome) >= 0.3 * kills - 3 * (0.3 * 0.7 * kills).squareRoot()
    }

    fileprivate static let head = [
        "fault", "tries", "wrong verdicts", "effects after terminal", "stuck runs",
        "to last effect, ms: p50/p99", "to workers dead", "to terminal", "between permit and outcome", "ms/try",
    ]

    fileprivate var cells: [String] {
        [
            name, "\(tries)", "\(wrongVerdicts)", "\(effectsAfterTerminal)", "\(stuck)",
            Self.times(toLastEffect), Self.times(toDead), Self.times(toEnd),
            disturbed == 0 ? "" : "\(100 * killedBetweenPermitAndOutcome / disturbed) %",
            duration == .zero ? "" : "\(Int(1000 * duration.seconds / Double(tries)))",
        ]
    }

    private static func times(_ seconds: [Double]) -> String {
        guard let middle = seconds.quantile(50), let late = seconds.quantile(99) else { return "" }
        return "\(Int(middle * 1000))/\(Int(late * 1000))"
    }
}

extension [Double] {
    /// The value below which so many per cent lie; nil of none.
    func quantile(_ percent: Int) -> Double? {
        isEmpty ? nil : sorted()[Swift.min(count - 1, count * percent / 100)]
    }
}

/// The reports of all classes, one line each, when the last of them is through.
struct KillTable: SuiteTrait, TestScoping {
    @MainActor private static var reports: [KillReport] = []

    @MainActor static func add(_ report: KillReport) {
        reports.append(report)
    }

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing body: @Sendable () async throws -> Void
    ) async throws {
        try await body()
        await Self.show()
    }

    @MainActor private static func show() {
        let rows = [KillReport.head] + reports.map(\.cells)
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            print("kill harness | " + cells.joined(separator: " | "))
        }
    }
}

extension Duration {
    var seconds: Double { Double(microseconds) / 1_000_000 }
}
