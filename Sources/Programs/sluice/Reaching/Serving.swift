import Coordinator
import Foundation
import Model
import Store
import Supervision

/// Starts a coordinator in this process; the one place that knows how.
enum Serving {
    /// Worker processes on runs at a time, unless told otherwise: one per core.
    static var defaultSlots: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

    struct Settings {
        var store: String
        var slots = Serving.defaultSlots
        /// Nil: `sluice-worker` beside this executable.
        var worker: String?
        var host = "127.0.0.1"
        var port = 0
        /// What was interrupted is taken up as held.
        var holdsInterrupted = false
        /// How long an end that does not answer is tried again; nil: as the coordinator does.
        var patience: Duration?
    }

    /// A coordinator with its supervisor and its API, ready to be asked.
    static func start(_ settings: Settings) throws -> LocalServer {
        try start(settings, applying: nil).server
    }

    /// The same with a configuration, which is applied before anything is taken up: a run of a job that is another one now
    /// does not go on by itself.
    static func start(
        _ settings: Settings,
        applying request: ApplyRequest?
    ) throws -> (
        server: LocalServer, applied: ApplyReply?
    ) {
        let worker = try workerExecutable(settings.worker)
        let store = try open(store: settings.store)
        let applied = try request.map { try CoordinatorProcess.apply($0, actor: Console.actor, to: store) }
        let path = URL(fileURLWithPath: settings.store).standardizedFileURL.path
        var coordination = CoordinatorSettings(
            slots: settings.slots,
            runtimeDirectory: try CoordinatorSettings.runtimeDirectory(store: path),
            startSupervisor: { order in try SupervisorLaunch.start(order, worker: worker) }
        )
        coordination.holdsInterrupted = settings.holdsInterrupted
        coordination.patience = settings.patience
        let coordinator = try CoordinatorProcess.start(coordination, store: store)
        do {
            let server = try LocalServer(
                service: coordinator.service,
                host: settings.host,
                port: settings.port,
                announce: { try store.announce(address: $0, token: $1) },
                stop: { await coordinator.stop() },
                coordinatorEnded: { await coordinator.ended() }
            )
            return (server, applied)
        } catch {
            let stopped = DispatchSemaphore(value: 0)
            Task.detached {
                await coordinator.stop()
                stopped.signal()
            }
            stopped.wait()
            throw error
        }
    }

    /// Takes the leadership on the store; `conflict` with the leader's address when somebody else has it.
    static func open(store path: String) throws -> SQLiteStore {
        do {
            return try SQLiteStore.open(path: path)
        } catch StoreError.locked(let holder) {
            throw SluiceError(
                .conflict,
                "store \(path) is in use by \(holder); use its commands (\"sluice sync\", \"sluice runs\"), stop it, or choose "
                    + "another file with --store"
            )
        } catch StoreError.full(let file) {
            throw SluiceError(
                .store,
                "no space is left for \(file); free some, or choose another file with --store"
            )
        } catch StoreError.failed(let detail) {
            throw SluiceError(.store, "the store cannot be opened: \(detail)")
        }
    }

    private static func workerExecutable(_ given: String?) throws -> String {
        let path =
            try given
            ?? ownExecutable().deletingLastPathComponent().appendingPathComponent("sluice-worker").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw SluiceError(
                .notFound,
                "\(path) is not there; put sluice-worker beside sluice, or name it with --worker"
            )
        }
        return path
    }

    static func ownExecutable() throws -> URL {
        let path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: path)
    }
}
