import ArgumentParser
import Client
import Foundation
import JobConfiguration
import Model
import TestSupport
import Testing

@testable import sluice

@Suite struct CommandTests {
    /// What a person reads after a command line that cannot be.
    private func complaint(_ arguments: String...) -> String {
        do {
            _ = try SluiceCommand.parseAsRoot(arguments)
            return ""
        } catch {
            return SluiceCommand.message(for: error)
        }
    }

    @Test func `every command has a help text with an abstract`() throws {
        let groups = SluiceCommand.configuration.groupedSubcommands
        let commands = groups.flatMap(\.subcommands)
        #expect(commands.count >= 15)
        for command in commands {
            #expect(!command.configuration.abstract.isEmpty, "\(command)")
            #expect(!SluiceCommand.helpMessage(for: command).isEmpty)
        }
    }

    @Test func `the configuration of run's help can be pasted`() throws {
        let help = SluiceCommand.helpMessage(for: RunCommand.self, columns: 80)
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
        let yaml = lines.drop { $0 != "connections:" }.prefix { !$0.isEmpty }.joined(separator: "\n")
        let configuration = try Configuration.parse(yaml, file: "pasted.yaml", folder: "/")
        #expect(configuration.warnings.isEmpty)
        let stream = try #require(configuration.jobs.first?.streams.first)
        #expect(stream.map.map(\.field) == ["email", "title", "origin", "name"])
        #expect(stream.drop == ["internal_note"])
    }

    @Test func `a cancel names one run or all, and a deadline only when it is graceful`() {
        #expect(complaint("cancel") == "name one run, or --all")
        #expect(complaint("cancel", "7", "--all") == "name one run, or --all")
        #expect(
            complaint("cancel", "7", "--force", "--deadline", "3s")
                == "--deadline is of a graceful cancel; --force has none"
        )
        #expect(
            complaint("cancel", "7", "--deadline", "soon")
                == "--deadline is \"soon\"; expected a duration such as 500ms, 60s, 2m or 1h"
        )
        #expect(complaint("cancel", "7", "--deadline", "3s", "--no-pause").isEmpty)
    }

    @Test func `numbers out of range are refused with what is allowed`() {
        #expect(complaint("runs", "--limit", "0") == "--limit is 0; allowed: 1 to 1000")
        #expect(complaint("serve", "--port", "70000") == "--port is 70000; allowed: 0 to 65535")
        #expect(complaint("run", "j", "--slots", "0") == "--slots is 0; allowed: 1 to 256")
        #expect(complaint("records", "7", "--limit", "0") == "--limit is 0; allowed: 1 or more")
        #expect(
            complaint("records", "7", "--format", "csv", "--output", "json")
                == "--output json and --format csv exclude one another"
        )
    }

    @Test func `an unknown verdict is answered with those there are`() {
        let text = complaint("records", "7", "--verdict", "gone")
        #expect(text.contains("'gone' is invalid for '--verdict <verdict>'"))
        #expect(text.contains("not_applied"))
    }

    @Test func `a store that is not there is named, with what to do`() throws {
        let options = try ServerOptions.parse(["--store", "/nowhere/x.db"])
        let missing = SluiceError(
            .notFound,
            "there is no server and no store /nowhere/x.db; start one with \"sluice run\" or \"sluice serve\", or say "
                + "where it is with --server or --store"
        )
        #expect(throws: missing) { try options.reading { _ in } }
        let stopped = SluiceError(
            .unreachable,
            "no server is running on store /nowhere/x.db; \"sluice serve --store /nowhere/x.db\" starts one, which takes up "
                + "what was going on, with --hold as held. If it is elsewhere, say where with --server or --store"
        )
        #expect(throws: stopped) { try options.client() }
    }

    @Test func `a worker that is not there is named before anything starts`() {
        let expected = SluiceError(
            .notFound,
            "/nowhere/sluice-worker is not there; put sluice-worker beside sluice, or name it with --worker"
        )
        let settings = Serving.Settings(store: "/nowhere/x.db", worker: "/nowhere/sluice-worker")
        #expect(throws: expected) { try Serving.start(settings) }
    }

    @Test func `a store is read without a server, and not changed`() async throws {
        let directory = try TemporaryDirectory()
        let store = directory.file("sluice.db")
        // The command line blocks its thread, which must not be one of those that serve.
        let outcome = await withCheckedContinuation { done in
            Thread.detachNewThread { done.resume(returning: Result { try Self.read(store) }) }
        }
        try outcome.get()
    }

    private static func read(_ store: String) throws {
        let server = try LocalServer.inspecting(store: store)
        defer { server.stop() }
        #expect(try server.client.jobs().isEmpty)
        #expect(try server.client.runs(job: nil, activeOnly: false, limit: 5).isEmpty)
        let refused = SluiceError(
            .unreachable,
            "no coordinator is running on this store; start one with \"sluice serve\""
        )
        #expect(throws: refused) {
            try server.client.apply(ApplyRequest(connections: [], jobs: []), actor: "ada")
        }
    }
}
