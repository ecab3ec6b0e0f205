import ArgumentParser
import Model

/// `sluice demo`: a sync that goes wrong, is force-cancelled, and is understood.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "A sync that goes wrong, is stopped by force, and is understood; on sample data."
    )

    func run() throws {
        throw SluiceError(.unsupported, "the demo is not part of this build")
    }
}
