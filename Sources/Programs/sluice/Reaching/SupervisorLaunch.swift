import Coordinator
import Model

/// Starts the supervisor process of this host: this executable again, as `sluice supervisor`.
enum SupervisorLaunch {
    static func start(_ order: SupervisorOrder, worker: String) throws -> any SupervisorChild {
        throw SluiceError(.unsupported, "the supervisor is not part of this build")
    }
}
