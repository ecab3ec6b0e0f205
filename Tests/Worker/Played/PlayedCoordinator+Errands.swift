import Model
import SwiftProtobuf
import Testing
import Wire

extension PlayedCoordinator {
    /// Has an errand done by the worker spoken to.
    func errand(
        _ connection: ConnectionSpec,
        _ kind: WireErrand.OneOf_Kind,
        deadline milliseconds: UInt32 = 60_000
    ) throws -> WireErrandDone {
        let errand = ErrandID.make(milliseconds: 6)
        let json = try Fixture.json(connection)
        try say(
            .errand(
                .with {
                    $0.errand = errand.wire
                    $0.connectionJson = json
                    $0.deadlineMs = milliseconds
                    $0.kind = kind
                }
            )
        )
        let done = try hear(\.errandDone)
        try #require(done.errand == errand.wire)
        return done
    }

    func closeGate(_ intents: [WireIntent]) -> WireCloseGate {
        .with {
            $0.run = run.wire
            $0.installation = installation.wire
            $0.attempts = fenced(intents)
        }
    }

    func reconcile(_ intents: [WireIntent], deathsProven: Bool) -> WireReconcile {
        .with {
            $0.run = run.wire
            $0.installation = installation.wire
            $0.deathsProven = deathsProven
            $0.attempts = fenced(intents)
        }
    }

    private func fenced(_ intents: [WireIntent]) -> [WireFencedAttempt] {
        intents.map { intent in
            .with {
                $0.attempt = intent.attempt
                $0.writes = [
                    .with {
                        $0.write = intent.write
                        $0.transaction = intent.transaction
                        $0.system = intent.system
                    }
                ]
            }
        }
    }
}
