import Connectors
import Foundation
import Glibc
import Model

#if FAULT_SITES
/// Places at which the kill harness ends this process (debug builds only).
///
/// `SLUICE_TEST_KILL_AT=SITE:N`: the N-th time the process passes SITE it raises SIGKILL on itself. With
/// `SLUICE_TEST_KILL_ONCE=FILE` only the process that creates FILE does, so that its successor lives. With
/// `SLUICE_TEST_KILL_FILE=FILE` the order stands in FILE, whenever it is there; `swap.SITE:N` counts the passes with a batch of
/// that kind only. `SLUICE_TEST_DELAY=SITE:MS,…` makes every
/// pass of SITE last that long: commits of a destination that are too quick to be hit. `SLUICE_TEST_POISON=KEY`: the process
/// aborts at each batch that has a record with this text as its key.
final class FaultSites {
    enum Site: String {
        case beforeIntent = "before_intent"
        case afterIntent = "after_intent"
        case afterPermit = "after_permit"
        case inCommit = "in_commit"
        /// COMMIT is on its way: the process dies a moment after the pass, while the destination is at it.
        case duringCommit = "during_commit"
        case beforeOutcome = "before_outcome"
        case afterOutcome = "after_outcome"
    }

    private let lethal: Site?
    private let once: String?
    private var remaining: Int
    /// Holds `SITE:N` while a process is to die; it is taken away by the one that does. Read at each pass.
    private let file: String?
    /// By site, and by site of a kind of batch.
    private var passes: [String: Int] = [:]
    private let delays: [Site: Duration]
    private let poison: String?

    init(environment: [String: String]) {
        poison = environment["SLUICE_TEST_POISON"]
        file = environment["SLUICE_TEST_KILL_FILE"]
        let parts = (environment["SLUICE_TEST_KILL_AT"] ?? "").split(separator: ":")
        lethal = parts.first.flatMap { Site(rawValue: String($0)) }
        remaining = parts.count == 2 ? Int(parts[1]) ?? 1 : 1
        once = environment["SLUICE_TEST_KILL_ONCE"]
        let listed = (environment["SLUICE_TEST_DELAY"] ?? "").split(separator: ",").compactMap { entry in
            let parts = entry.split(separator: ":")
            guard parts.count == 2, let site = Site(rawValue: String(parts[0])), let length = Int64(parts[1])
            else { return nil as (Site, Duration)? }
            return (site, .milliseconds(length))
        }
        delays = Dictionary(listed) { $1 }
    }

    /// Passes a site.
    ///
    /// - Parameters:
    ///   - kind: of the batch that it is passed with.
    ///   - settle: for sites after a message: how long the lethal pass waits, so that what was handed to the socket has left
    ///     the process.
    func pass(_ site: Site, of kind: BatchKind, settle: Duration = .zero) {
        let names = [site.rawValue, "\(kind.rawValue).\(site.rawValue)"]
        for name in names { passes[name, default: 0] += 1 }
        if let delay = delays[site] { usleep(UInt32(delay.microseconds)) }
        for name in names { dieByFile(site, as: name, settle) }
        guard site == lethal else { return }
        remaining -= 1
        guard remaining == 0, isFirst() else { return }
        die(site, settle)
    }

    /// Looks for the poisoned record among those of a batch, as the destination gets them.
    func taste(_ rows: RowBatch, of target: Target) {
        guard let poison else { return }
        for row in 0..<rows.count {
            let key = target.key.map { column in
                rows.withField(row: row, column: column) { bytes in
                    bytes.map { ValueText.render($0, as: target.fields[column].type) } ?? "NULL"
                }
            }
            if key.joined(separator: ",") == poison { abort() }
        }
    }

    private func die(_ site: Site, _ settle: Duration) {
        guard site == .duringCommit else {
            usleep(UInt32(settle.microseconds))
            raise(SIGKILL)
            return
        }
        Thread.detachNewThread {
            usleep(10_000)
            raise(SIGKILL)
        }
    }

    private func dieByFile(_ site: Site, as name: String, _ settle: Duration) {
        guard let file, let order = try? String(contentsOfFile: file, encoding: .utf8) else { return }
        let parts = order.split(separator: ":")
        guard parts.count == 2, String(parts[0]) == name, passes[name, default: 0] >= Int(parts[1]) ?? 1,
            unlink(file) == 0
        else { return }
        die(site, settle)
    }

    private func isFirst() -> Bool {
        guard let once else { return true }
        let descriptor = open(once, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }
}
#else
/// Without fault sites nothing happens at them.
struct FaultSites {
    enum Site {
        case beforeIntent
        case afterIntent
        case afterPermit
        case inCommit
        case duringCommit
        case beforeOutcome
        case afterOutcome
    }

    init(environment: [String: String]) {}

    @inline(__always)
    func pass(_ site: Site, of kind: BatchKind, settle: Duration = .zero) {}

    @inline(__always)
    func taste(_ rows: RowBatch, of target: Target) {}
}
#endif
