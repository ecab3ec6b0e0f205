import ArgumentParser
import Client
import Model

/// `sluice discover`: what streams a system has.
struct DiscoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover",
        abstract: "List the streams (tables) of a connection, or the fields of one stream."
    )

    @Argument(help: "The connection.")
    var connection: String

    @Argument(help: "One stream, for example public.contacts: lists its fields.")
    var stream: String?

    @OptionGroup var source: ProbeOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try source.probe { client, _ in
            let report = try client.discover(connection: connection, stream: stream)
            if let error = report.error { throw error }
            try output.show(report, human: stream == nil ? streams(report.streams) : fields(report.streams))
        }
    }

    private func streams(_ streams: [StreamView]) -> [String] {
        guard !streams.isEmpty else { return ["\(connection) has no streams"] }
        var table = Table("STREAM", ">FIELDS", "KEY", ">RECORDS (ESTIMATE)")
        for stream in streams {
            let records = stream.estimatedRecords.map { Human.count($0) } ?? "?"
            table.add(Human.safe(stream.name), "\(stream.columns.count)", key(of: stream), records)
        }
        return table.lines
    }

    private func fields(_ streams: [StreamView]) -> [String] {
        streams.flatMap { stream in
            var table = Table("FIELD", "TYPE", "NULL", "NOTE")
            for column in stream.columns {
                var notes: [String] = []
                if stream.primaryKey.contains(column.name) { notes.append("key") }
                if column.isGenerated { notes.append("generated") }
                if column.hasDefault { notes.append("has a default") }
                table.add(
                    Human.safe(column.name),
                    Human.safe(column.nativeType),
                    column.isNullable ? "yes" : "no",
                    notes.joined(separator: ", ")
                )
            }
            return ["\(Human.safe(stream.name)), key \(key(of: stream))"] + table.lines
        }
    }

    private func key(of stream: StreamView) -> String {
        if !stream.primaryKey.isEmpty { return Human.safe(stream.primaryKey.joined(separator: ",")) }
        return stream.uniqueKeys.first.map { Human.safe($0.joined(separator: ",")) } ?? "none"
    }
}
