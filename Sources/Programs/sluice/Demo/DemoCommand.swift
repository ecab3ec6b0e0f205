import ArgumentParser
import Client
import Foundation
import JobConfiguration
import Model

/// `sluice demo`: the 16:47 story, really executed: a sync that goes wrong, is stopped by force, and is understood.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show a sync that goes wrong, is stopped by force, and is understood; on sample data.",
        discussion: """
            Makes 80,000 contacts in a SQLite file, syncs them with a wrong mapping, kills the workers at about 8,400 records, \
            and shows for every record whether it was written. Takes under a minute; its files stay to be looked at.
            """
    )

    /// Records after which the person in the story notices.
    private static let noticedAt = 8_400

    @Option(help: ArgumentHelp("A new directory for the demo's files.", valueName: "path"))
    var directory = "sluice-demo"

    func run() throws {
        let data = try DemoData.make(in: directory)
        Console.show(
            """
            The 16:47 story. \(directory)/app.db has \(Human.count(DemoData.contacts)) contacts; \(directory)/crm.db has the same \
            people.
            Somebody has changed the mapping: email now comes from the column company_domain.

            16:47  the schedule starts the job
            """
        )
        let server = try Serving.start(Serving.Settings(store: data.store, slots: 2))
        defer { server.stop() }
        let configuration = try ConfigurationOptions.load(data.configuration)
        _ = try server.client.apply(
            ApplyRequest(connections: configuration.connections, jobs: configuration.jobs),
            actor: "demo"
        )
        let ended = try cancelled(on: server.client)
        Console.show("")
        Console.show(
            Receipt(run: ended, suffix: " --store \(data.store)", isServed: false).lines.joined(separator: "\n")
        )
        try showTouched(ended, server.client)
        try showProof(ended, data, server.client)
        Console.show(
            """

            Left to look at: \(directory)/app.db, \(directory)/crm.db, \(directory)/sluice.yaml, \(directory)/sluice.db
              sluice records 1 --store \(data.store) --field email --limit 20
              sluice show 1 --store \(data.store)
            """
        )
    }

    /// Starts the run, watches it, and forces it to stop when the damage is seen.
    private func cancelled(on client: Client) throws -> RunView {
        let run = try client.sync(job: "contacts", SyncRequest(actor: "schedule", trigger: "demo"))
        let follower = RunFollower(client: client, progress: LiveProgress(isQuiet: false))
        var isAsked = false
        return try follower.follow(run.id.description) { view in
            guard !isAsked, view.counts.attempted >= Self.noticedAt else { return }
            isAsked = true
            follower.progress.clear()
            Console.show(
                """
                16:51  "Why is every e-mail just a company name?"
                       sluice cancel \(view.number) --force --reason "email gets the company domain"
                """
            )
            _ = try client.cancel(
                view.id.description,
                CancelRequest(mode: .force, actor: "on-call", reason: "email gets the company domain")
            )
        }
    }

    private func showTouched(_ run: RunView, _ client: Client) throws {
        let page = try client.records(RecordQuery(run: run.id, fields: ["email"], limit: 5))
        Console.show("\nTouched records, field email, before -> after:")
        var table = Table("KEY", "VERDICT", "BEFORE", "AFTER")
        for record in page.records {
            for change in record.changes where change.field == "email" {
                table.add(record.key, record.verdict.rawValue, change.before ?? "NULL", change.after ?? "NULL")
            }
        }
        Console.show(table.lines.joined(separator: "\n"))
    }

    /// Reads the destination without Sluice and holds it against every verdict.
    private func showProof(_ run: RunView, _ data: DemoData, _ client: Client) throws {
        let damaged = try data.damagedContacts()
        var applied: Set<Int64> = []
        var query = RecordQuery(run: run.id, limit: RecordQuery.limitMax)
        while true {
            let page = try client.records(query)
            for record in page.records where record.verdict == .applied {
                if let key = Int64(record.key) { applied.insert(key) }
            }
            guard let cursor = page.cursor else { break }
            query.cursor = cursor
        }
        let wrong = applied.symmetricDifference(damaged).count
        Console.show(
            """

            The proof. crm.db, read directly: \(Human.count(damaged.count)) contacts have a domain for an e-mail. Verdict applied: \
            \(Human.count(applied.count)).
            Records whose verdict and destination disagree: \(Human.count(wrong)).
            """
        )
        guard wrong == 0, run.state == .cancelled else {
            throw SluiceError(
                .internal,
                "the demo's run ended as \(run.state.rawValue), and \(wrong) verdicts do not equal the destination"
            )
        }
    }
}
