import Model

/// What comes out when the verdicts of a run are held against its destination.
struct Judgement: Equatable {
    /// Records that the destination says were written.
    private(set) var written = 0
    /// Records whose verdict the destination contradicts.
    private(set) var wrongVerdicts = 0
    /// What is wrong, each with the number of the invariant.
    private(set) var findings: [String] = []

    /// Findings of wrong verdicts that are told one by one.
    private static let toldMax = 3

    /// Every record for itself: written if and only if it is applied, and once.
    ///
    /// - Parameter whole: how many effects a run that completed must have; nil: it need not.
    init(_ verdicts: [Int: Verdict], effects: [Int: Int], whole: Int?) {
        written = effects.count
        for id in Set(verdicts.keys).union(effects.keys).sorted() {
            let times = effects[id] ?? 0
            guard times > 1 || (times == 1) != (verdicts[id] == .applied) else { continue }
            let verdict = verdicts[id]?.rawValue ?? "not listed"
            contradict("record \(id) is \(verdict), written \(times) times (\(times > 1 ? "I1" : "I2"))")
        }
        let sum = effects.values.reduce(0, +)
        if let whole, sum != whole { findings.append("\(sum) effects, the undisturbed twin has \(whole)") }
    }

    /// The table that is found where one was to take the place of another.
    enum Table: String {
        case old = "the old table, row by row"
        case new = "the new table, whole"
        case neither = "neither the old table nor the new one"
    }

    /// All or nothing: every record is applied and the table is the new one, whole, or none is and it is the old one.
    init(_ verdicts: [Int: Verdict], table: Table, records: Int, isWhole: Bool) {
        written = table == .new ? records : 0
        for (id, verdict) in verdicts.sorted(by: { $0.key < $1.key })
        where (verdict == .applied) != (table == .new) {
            contradict("record \(id) is \(verdict.rawValue), there is \(table.rawValue) (I2)")
        }
        let missing = records - verdicts.count
        if table == .new, missing > 0 {
            wrongVerdicts += missing
            findings.append("\(missing) records of the new table are not listed (I2)")
        }
        if table == .neither { findings.append("there is \(table.rawValue) (I1)") }
        if isWhole, table != .new { findings.append("there is \(table.rawValue) after a run that completed") }
    }

    private mutating func contradict(_ finding: String) {
        wrongVerdicts += 1
        if wrongVerdicts <= Self.toldMax { findings.append(finding) }
    }
}
