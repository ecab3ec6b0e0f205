import ArgumentParser

/// `sluice`: what a person types.
struct SluiceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Moves records between systems, in processes that can be stopped while they run.",
        discussion: """
            After a stop, Sluice knows for every single record whether it was written.

            A first run, described by sluice.yaml, without a server:

              sluice check --config sluice.yaml      can the systems be reached?
              sluice run contacts                    Ctrl-C finishes what has begun; twice stops at once
              sluice records 1                       what was written, field by field

            With a server, which keeps runs going when this terminal is closed:

              sluice serve --config sluice.yaml &
              sluice sync contacts --follow
              sluice cancel 2 --force --reason "wrong mapping"

            Every command takes --output json. Exit codes: 0 fine, 1 failed, 2 usage, 3 the run was cancelled, 4 the run \
            is held and waits for a decision.
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Start",
                subcommands: [DemoCommand.self, RunCommand.self, ServeCommand.self, ApplyCommand.self]
            ),
            CommandGroup(
                name: "Systems",
                subcommands: [CheckCommand.self, DiscoverCommand.self]
            ),
            CommandGroup(
                name: "Jobs and runs",
                subcommands: [
                    JobsCommand.self, SyncCommand.self, RunsCommand.self, ShowCommand.self, WatchCommand.self,
                    LogsCommand.self, RecordsCommand.self, RetriesCommand.self,
                ]
            ),
            CommandGroup(
                name: "Stop",
                subcommands: [
                    CancelCommand.self, FreezeCommand.self, UnfreezeCommand.self, ReleaseCommand.self,
                    WorkersCommand.self, KillCommand.self,
                ]
            ),
            CommandGroup(name: "Inside", subcommands: [SupervisorCommand.self]),
        ]
    )
}
