public import Coordinator
import Foundation
import Model
public import Supervision

/// Starts the supervisor process of this host: this executable again, as `sluice supervisor`.
enum SupervisorLaunch {
    static func start(_ order: SupervisorOrder, worker: String) throws -> any SupervisorChild {
        try SupervisorProcess(
            executable: Serving.ownExecutable().path,
            arguments: [
                "supervisor", "--fleet", order.fleetEndpoint, "--work", order.workEndpoint,
                "--control", order.controlEndpoint, "--slots", "\(order.slots)", "--worker", worker,
                "--lock-directory", order.lockDirectory, "--incarnation", order.incarnation,
            ]
        )
    }
}

extension SupervisorProcess: SupervisorChild {}
