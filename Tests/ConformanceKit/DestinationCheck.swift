import Connectors
import Model

/// What every destination must do. A connector's tests run all cases, each on a subject of its own.
public enum DestinationCheck: String, CaseIterable, Sendable {
    case plans = "plans and before-images equal an independent reading"
    case commit = "commit leaves exactly the staged rows"
    case values = "values that were written are read back as they were handed over"
    case unchanged = "unchanged rows are not written"
    case emptyWrite = "a write without rows, and one of unchanged rows only, commit and are evidenced"
    case keyOnly = "a table whose columns are all in the key is written"
    case oddNames = "names with quotes, spaces, capitals and letters beyond ASCII are names like others"
    case rollBack = "rolling back leaves nothing, before and after apply"
    case rejections = "a row that a constraint refuses is rejected alone"
    case handedRejections = "rows handed over as rejected are planned so and not written"
    case nullKey = "a NULL where the column or key takes none is rejected by name"
    case twoInstances = "two instances write the same rows one after another"
    case evidence = "evidence agrees with the table for writes committed, rolled back and never begun"
    case evidenceElsewhere = "evidence is found by an instance that never wrote"
    case closedGate = "no write of a run commits once its gate is closed"
    case closedFence = "no write of an attempt commits once its fence is closed, and others do"
    case repeatedCalls = "openGate, resolve, openFence, rollBack, closeGate, closeFence and close can be repeated"
    case unknownNames = "an unknown table or column is not found, and what exists is named"
    case wrongKey = "a key that is not unique is refused"

    /// - Throws: `ConformanceFailure`, or what the connector threw where it should not have.
    public func run(on subject: ConformanceSubject) throws {
        switch self {
        case .plans: try Self.checkPlans(subject)
        case .commit: try Self.checkCommit(subject)
        case .values: try Self.checkValues(subject)
        case .unchanged: try Self.checkUnchanged(subject)
        case .emptyWrite: try Self.checkEmptyWrite(subject)
        case .keyOnly: try Self.checkKeyOnly(subject)
        case .oddNames: try Self.checkOddNames(subject)
        case .rollBack: try Self.checkRollBack(subject)
        case .rejections: try Self.checkRejections(subject)
        case .handedRejections: try Self.checkHandedRejections(subject)
        case .nullKey: try Self.checkNullKey(subject)
        case .twoInstances: try Self.checkTwoInstances(subject)
        case .evidence: try Self.checkEvidence(subject)
        case .evidenceElsewhere: try Self.checkEvidenceElsewhere(subject)
        case .closedGate: try Self.checkClosedGate(subject)
        case .closedFence: try Self.checkClosedFence(subject)
        case .repeatedCalls: try Self.checkRepeatedCalls(subject)
        case .unknownNames: try Self.checkUnknownNames(subject)
        case .wrongKey: try Self.checkWrongKey(subject)
        }
    }
}
