import ArgumentParser
import JobConfiguration

/// How a coordinator in this process runs.
struct LocalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The file that holds all state; made when it is not there.", valueName: "path"))
    var store = "sluice.db"

    @Option(help: ArgumentHelp("Worker processes at a time; default: one per core.", valueName: "number"))
    var slots: Int?

    @Option(help: ArgumentHelp("The worker's executable; default: sluice-worker beside sluice.", valueName: "path"))
    var worker: String?

    @Option(
        help: ArgumentHelp(
            "How long a system that does not answer is tried again before a run fails; default: 45s.",
            valueName: "duration"
        )
    )
    var patience: String?

    func validate() throws {
        if let slots, !(1...256).contains(slots) {
            throw ValidationError("--slots is \(slots); allowed: 1 to 256")
        }
        if let patience, Quantity.duration(patience) == nil {
            throw ValidationError("--patience is \"\(patience)\"; expected \(Quantity.durationForms)")
        }
    }

    func settings(port: Int, host: String = "127.0.0.1") -> Serving.Settings {
        var settings = Serving.Settings(store: store)
        settings.slots = slots ?? Serving.defaultSlots
        settings.worker = worker
        settings.host = host
        settings.port = port
        settings.patience = patience.flatMap(Quantity.duration)
        return settings
    }

    /// What later commands need to find the same store.
    var suffix: String { store == "sluice.db" ? "" : " --store \(store)" }
}
