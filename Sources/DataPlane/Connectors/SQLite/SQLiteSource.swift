import Drivers
import Model

/// Records of an SQLite file, which is opened for reading only.
///
/// SQLite has no view of the data that processes could share: `openSnapshot` gives no token, and each read is one
/// statement and so one consistent range. Rows inserted or deleted between two reads are in or out by their key.
/// Between calls no statement is left in mid-result, so a source never holds a lock while its caller does something
/// else.
final class SQLiteSource: Source {
    /// Of one read; the ranges of a run stay far below.
    private static let bytesMax = 1 << 30

    private let file: SQLiteFile
    private var connection: SQLiteConnection?
    private var tables: [String: SQLiteTable] = [:]

    init(_ connection: ResolvedConnection) throws {
        file = try SQLiteFile(connection)
    }

    func check() throws {
        _ = try opened()
    }

    func discover(stream: String?) throws -> [StreamDescription] {
        let catalog = SQLiteCatalog(file: file, connection: try opened())
        let found = try stream.map { [try catalog.table($0)] } ?? catalog.all()
        for table in found { tables[table.name] = table }
        return found.map(\.description)
    }

    func openSnapshot(adopting token: String?) throws -> String? {
        guard let token else { return nil }
        throw SluiceError(
            .conflict,
            "connection \"\(file.connection)\": SQLite has no snapshots to share; \"\(token)\" is none of them"
        )
    }

    func plan(
        _ scan: Scan,
        recordsPerRange: Int,
        range: KeyRange,
        emit: (PlannedRange) throws -> Void
    ) throws {
        precondition(recordsPerRange > 0, "a range holds at least one record, not \(recordsPerRange)")
        let resolved = try resolve(scan)
        try resolved.check(range.after)
        try resolved.check(range.through)
        try checkKey(resolved)
        var rest = range
        var isDone = false
        while !isDone {
            // One more than fits tells whether this range is the last. The statement is over before `emit`.
            let (records, last) = try file.translating("planning table \"\(scan.stream)\"") {
                try keys(resolved, rest, limit: recordsPerRange + 1)
            }
            isDone = records <= recordsPerRange
            if records == 0 { return }
            let through = isDone ? range.through : last
            try emit(
                PlannedRange(
                    range: KeyRange(after: rest.after, through: through),
                    records: min(records, recordsPerRange)
                )
            )
            rest.after = through
        }
    }

    func read(_ scan: Scan, range: KeyRange, into batch: inout RowBatch) throws {
        precondition(batch.width == scan.columns.count, "a batch of width \(batch.width) for \(scan.columns)")
        let resolved = try resolve(scan)
        try resolved.check(range.after)
        try resolved.check(range.through)
        let connection = try opened()
        let codecs = resolved.columns.map { resolved.table.columns[$0].codec }
        try file.translating("reading table \"\(scan.stream)\"") {
            let statement = try connection.statement(resolved.read(range))
            defer { statement.reset() }
            try resolved.bind(range, to: statement)
            while try statement.step() {
                for (place, codec) in codecs.enumerated()
                where !codec.append(statement.value(at: place), to: &batch) {
                    tables[scan.stream] = nil
                    throw unfit(resolved.table.columns[resolved.columns[place]].description, in: scan.stream)
                }
                batch.endRow()
                guard batch.bytes.count <= Self.bytesMax else { throw tooLarge(scan.stream, batch.count) }
            }
        }
    }

    func close() {
        connection = nil
        tables = [:]
    }

    private func opened() throws -> SQLiteConnection {
        if let connection { return connection }
        let opened = try file.open(.readOnly)
        connection = opened
        return opened
    }

    private func resolve(_ scan: Scan) throws -> SQLiteScan {
        let table: SQLiteTable
        if let known = tables[scan.stream] {
            table = known
        } else {
            table = try SQLiteCatalog(file: file, connection: try opened()).table(scan.stream)
            tables[scan.stream] = table
        }
        return try SQLiteScan(scan, of: table, in: file)
    }

    /// The number of keys in `range`, at most `limit`, and the last but one of `limit` keys.
    private func keys(
        _ scan: SQLiteScan,
        _ range: KeyRange,
        limit: Int
    ) throws -> (records: Int, last: [String]) {
        let statement = try opened().statement(scan.keys(range, limit: limit))
        defer { statement.reset() }
        try scan.bind(range, to: statement)
        var records = 0
        var last: [String] = []
        while try statement.step() {
            records += 1
            guard records == limit - 1 else { continue }
            last = scan.key.indices.compactMap { SQLiteKeyValue.text(of: statement.value(at: $0)) }
        }
        return (records, last)
    }

    /// Ranges cover every record once only if each has a key of its own.
    private func checkKey(_ scan: SQLiteScan) throws {
        let place = "connection \"\(file.connection)\", table \"\(scan.table.name)\""
        let columns = scan.key.joined(separator: ", ")
        let (hasNull, shared) = try file.translating("planning table \"\(scan.table.name)\"") {
            (
                try scan.nullKey.map { try first($0, columns: 1) } ?? nil,
                try scan.sharedKey.map { try first($0, columns: scan.key.count) } ?? nil
            )
        }
        if hasNull != nil {
            throw SluiceError(
                .invalid,
                "\(place): the key (\(columns)) is NULL in some records; choose another key or filter them out"
            )
        }
        if let shared {
            throw SluiceError(
                .invalid,
                "\(place): the key (\(columns)) is not unique: several records have "
                    + "\(shared.joined(separator: ", ")); choose another key"
            )
        }
    }

    private func first(_ sql: String, columns: Int) throws -> [String]? {
        let statement = try opened().statement(sql)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return (0..<columns).map { SQLiteKeyValue.text(of: statement.value(at: $0)) ?? "NULL" }
    }

    private func tooLarge(_ stream: String, _ records: Int) -> SluiceError {
        SluiceError(
            .exhausted,
            "connection \"\(file.connection)\", table \"\(stream)\": \(records) records hold more than "
                + "\(Self.bytesMax >> 20) MiB; make the batches smaller"
        )
    }

    private func unfit(_ column: ColumnDescription, in stream: String) -> SluiceError {
        SluiceError(
            .conflict,
            "connection \"\(file.connection)\", table \"\(stream)\": column \"\(column.name)\" (\(column.nativeType)) "
                + "held only values of type \(column.type) when it was looked at and holds another now; "
                + "discover it again",
            isRetriable: true
        )
    }
}
