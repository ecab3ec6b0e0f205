public import ArgumentParser
import Client
public import Model

/// `sluice records`: what a run wrote, record by record, field by field.
struct RecordsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "records",
        abstract: "List the records that a run touched: what was written, before and after.",
        discussion: """
            Works while the run goes on, too. Verdicts: applied, rejected (the destination or the mapping refused it), \
            not_applied (rolled back), unknowable, indeterminate (permitted, not yet looked up), staged (in a new table \
            that is not in place yet), quarantined (workers died of it). Unchanged and not attempted records are counted, \
            not listed one by one.

              sluice records 12 --verdict rejected
              sluice records 12 --field email --limit 20
              sluice records 12 --format csv --all > touched.csv
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table
        case csv
        case jsonl
    }

    @Argument(help: ArgumentHelp("The run's number or id.", valueName: "run"))
    var reference: String

    @Option(help: "Only with this verdict. May be repeated.")
    var verdict: [Verdict] = []

    @Option(help: "Only records whose field changed. May be repeated: one of them.")
    var field: [String] = []

    @Option(help: "Only the record with this key; several key fields joined by a comma.")
    var key: String?

    @Option(help: "Only of this stream, by its source or destination.")
    var stream: String?

    @Option(help: "Only inserts, updates, deletes or rejects. May be repeated.")
    var operation: [RecordOperation] = []

    @Option(help: "table; csv (a line per changed field) or jsonl (a line per record).")
    var format = Format.table

    @Option(help: "At most so many records.")
    var limit = 100

    @Flag(help: "All records, however many.")
    var all = false

    @Option(help: "Go on where a page ended: its \"cursor\" in --output json.")
    var cursor: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is \(limit); allowed: 1 or more") }
        if output.output == .json, format != .table {
            throw ValidationError("--output json and --format \(format.rawValue) exclude one another")
        }
    }

    func run() throws {
        try server.reading { client in
            let run = try client.run(reference)
            var query = RecordQuery(
                run: run.id,
                verdicts: verdict,
                operations: operation,
                fields: field,
                key: key,
                stream: stream,
                cursor: cursor
            )
            for note in RecordLines.unlisted(verdict, of: run.counts) { Console.note(note) }
            if let export = Client.ExportFormat(rawValue: format.rawValue) {
                return try self.export(query, as: export, from: client)
            }
            query.limit = min(all ? Int.max : limit, RecordQuery.limitMax)
            var page = try client.records(query)
            while let cursor = page.cursor, all || page.records.count < limit {
                query.cursor = cursor
                query.limit = min(all ? Int.max : limit - page.records.count, RecordQuery.limitMax)
                let next = try client.records(query)
                page.records += next.records
                page.cursor = next.cursor
            }
            try output.show(page, human: RecordLines.table(page))
        }
    }

    private struct ReaderLeft: Error {}

    private func export(_ query: RecordQuery, as format: Client.ExportFormat, from client: Client) throws {
        do {
            try client.export(query, limit: all ? nil : limit, as: format) { bytes in
                guard Console.show(bytes: bytes) else { throw ReaderLeft() }
            }
        } catch is ReaderLeft {
            // As with `| head`: whoever read has enough.
            return
        }
    }
}

extension Verdict: ExpressibleByArgument {}
extension RecordOperation: ExpressibleByArgument {}
