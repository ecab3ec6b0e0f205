import ArgumentParser
import Client
import Model

/// `sluice freeze`: nothing may write to a connection.
struct FreezeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze",
        abstract: "Permit no further write to a connection; its runs are held.",
        discussion: """
            For the worst minute: from the answer on nothing is committed to it, until "sluice unfreeze". Runs that begin \
            meanwhile are queued.
            """
    )

    @Argument(help: "The connection's name; without one: list those that are frozen.")
    var connection: String?

    @Option(help: "Why; shown on every run that is held or queued for it.")
    var reason: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if connection == nil, reason != nil {
            throw ValidationError("--reason needs the connection that is to be frozen")
        }
    }

    func run() throws {
        guard let connection else { return try server.reading(list) }
        let reply = try server.client().freeze(connection: connection, actor: Console.actor, reason: reason)
        try output.show(
            reply,
            human: ["\(connection) is frozen: nothing is permitted to be written to it"] + reply.lines
        )
    }
}

extension FreezeCommand {
    private func list(_ client: Client) throws {
        let freezes = try client.freezes()
        var table = Table("CONNECTION", "BY", "SINCE", "REASON")
        for freeze in freezes {
            table.add(
                freeze.connection,
                Human.safe(freeze.actor),
                Human.time(freeze.at),
                freeze.reason.map { Human.safe($0) } ?? ""
            )
        }
        try output.show(freezes, human: freezes.isEmpty ? ["no connection is frozen"] : table.lines)
    }
}

/// `sluice unfreeze`: lets writes to a connection go on.
struct UnfreezeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unfreeze",
        abstract: "Permit writes to a frozen connection again; runs that were held for it go on."
    )

    @Argument(help: "The connection's name.")
    var connection: String

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let reply = try server.client().unfreeze(connection: connection, actor: Console.actor)
        try output.show(reply, human: ["\(connection) takes writes again"] + reply.lines)
    }
}

extension FreezeReply {
    fileprivate var lines: [String] {
        runs.isEmpty ? [] : ["runs that write to it: " + runs.map(String.init).joined(separator: ", ")]
    }
}
