import Drivers
import TestSupport
import Testing
import Wire

@Suite struct FaultSiteTests {
    @Test(
        arguments: [
            (site: "before_intent", written: 0), (site: "after_intent", written: 0),
            (site: "after_permit", written: 0), (site: "in_commit", written: 0),
            (site: "before_outcome", written: 5), (site: "after_outcome", written: 5),
        ]
    )
    func `a worker dies at its site, and what was committed stays`(
        _ place: (site: String, written: Int)
    ) async throws {
        let environment = ["SLUICE_TEST_KILL_AT": "\(place.site):1"]
        try await PlayedCoordinator.play(environment: environment) { coordinator in
            let fixture = try coordinator.open(records: 5)
            try coordinator.assign()
            if place.site != "before_intent" {
                let intent = try coordinator.hear(\.intent)
                if place.site != "after_intent" { try coordinator.decide(.permit, intent) }
            }
            if place.site == "after_outcome" {
                try #require(try coordinator.hear(\.outcome).ending == .committed)
            }
            try #require(try coordinator.ending().cause == .signalled(9))
            try #require(try fixture.written() == place.written)
        }
    }

    @Test func `only the pass that was ordered is lethal, and only once over all workers`() async throws {
        let directory = try TemporaryDirectory()
        let once = directory.file("once")
        let environment = ["SLUICE_TEST_KILL_AT": "before_outcome:2", "SLUICE_TEST_KILL_ONCE": once]
        try await PlayedCoordinator.play(environment: environment) { coordinator in
            let fixture = try coordinator.open(records: 30)
            for after in [0, 10] {
                try coordinator.assign(after: after, through: after + 10)
                try coordinator.decide(.permit, try coordinator.hear(\.intent))
            }
            try #require(try coordinator.ending().cause == .signalled(9))
            try #require(try fixture.written() == 20)

            try coordinator.start(environment: environment)
            try coordinator.welcome()
            try coordinator.say(
                .openRun(try fixture.openRun(coordinator.run, coordinator.installation))
            )
            _ = try coordinator.hear(\.runOpened)
            for after in [0, 10, 20] {
                try coordinator.assign(after: after, through: after + 10)
                try coordinator.decide(.permit, try coordinator.hear(\.intent))
                try #require(try coordinator.hear(\.outcome).ending == .committed)
            }
            try #require(try fixture.written() == 30)
        }
    }
}
