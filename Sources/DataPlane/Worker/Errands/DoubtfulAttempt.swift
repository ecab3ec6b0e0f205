import Connectors
import Model
import SwiftProtobuf
import Wire

/// An attempt whose process is gone or condemned, with its writes that were permitted.
struct DoubtfulAttempt {
    let attempt: AttemptID
    private let permitted: [(write: WriteID, transaction: String, system: String)]

    init(_ message: WireFencedAttempt) throws {
        guard let attempt = AttemptID(bytes: message.attempt) else { throw Self.malformed }
        self.attempt = attempt
        permitted = try message.writes.map {
            guard let write = WriteID(bytes: $0.write) else { throw Self.malformed }
            return (write, $0.transaction, $0.system)
        }
    }

    /// The destination's names of its transactions, where it has any.
    var transactions: [String] { permitted.map(\.transaction).filter { !$0.isEmpty } }

    func writes(installation: InstallationID, run: RunID) -> [WriteInDoubt] {
        permitted.map {
            WriteInDoubt(
                identity: WriteIdentity(
                    installation: installation,
                    run: run,
                    attempt: attempt,
                    write: $0.write
                ),
                transaction: $0.transaction,
                system: $0.system
            )
        }
    }

    private static var malformed: SluiceError {
        SluiceError(.internal, "an attempt or write with an id that does not have 16 bytes")
    }
}

extension WireWriteEvidence {
    init(_ found: WriteEvidence, of write: WriteID) {
        self = .with {
            $0.write = write.wire
            switch found {
            case .applied(let detail, let at):
                $0.evidence = .applied
                $0.detail = detail
                $0.committedAtUs = UInt64(max(0, at?.microseconds ?? 0))
            case .notApplied(let detail):
                $0.evidence = .notApplied
                $0.detail = detail
            case .unknowable(let detail):
                $0.evidence = .unknowable
                $0.detail = detail
            }
        }
    }
}
