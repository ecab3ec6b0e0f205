import Model

/// Records of CSV and JSON Lines files, in the order in which they stand there.
///
/// The bounds of a range are places between two records, with the file's identity: reading seeks to the place (a
/// compressed file is decompressed up to it, from where the last range ended if that is before it). A file that is
/// changed while a run reads it is a `conflict`; what it was before cannot be had any more.
final class FileSource: Source {
    /// Of the records of one range, as they stand in the file.
    private static let rangeBytesMax = 8 << 20

    private let settings: FileSettings
    private var tables: [String: FileTable] = [:]
    private var open: (stream: String, cursor: RecordCursor)?

    init(_ settings: FileSettings) {
        self.settings = settings
    }

    func check() throws {
        for stream in try settings.streams() {
            _ = try FileBytes(path: stream.path, settings: settings)
        }
    }

    func discover(stream: String?) throws -> [StreamDescription] {
        let streams = try stream.map { [try settings.stream($0)] } ?? settings.streams()
        return try streams.map { stream in
            let table = try FileTable(stream, settings: settings)
            tables[stream.name] = table
            return table.description
        }
    }

    func openSnapshot(adopting token: String?) throws -> String? {
        guard let token else { return nil }
        throw settings.error(.conflict, "files have no snapshots to share; \"\(token)\" is none of them")
    }

    func plan(
        _ scan: Scan,
        recordsPerRange: Int,
        range: KeyRange,
        emit: (PlannedRange) throws -> Void
    ) throws {
        precondition(recordsPerRange > 0, "a range holds at least one record, not \(recordsPerRange)")
        let table = try table(of: scan)
        let cursor = try table.cursor(at: try position(of: range.after, in: table) ?? table.start)
        let last = try position(of: range.through, in: table)
        let test = try scan.filter.map { try FileFilter($0, of: table) }
        var rest = range
        var records = 0
        var bytes = 0
        /// Behind the last record counted.
        var end = cursor.position
        while last.map({ cursor.position.offset < $0.offset }) ?? true {
            let length = try cursor.next { record in test?.admits(record) ?? true ? record.bytes.count : -1 }
            guard let length else { break }
            guard length >= 0 else { continue }
            if records == recordsPerRange || (records > 0 && bytes + length > Self.rangeBytesMax) {
                let through = end.bound(in: table.identity)
                try emit(PlannedRange(range: KeyRange(after: rest.after, through: through), records: records))
                rest.after = through
                records = 0
                bytes = 0
            }
            records += 1
            bytes += length
            end = cursor.position
        }
        try cursor.file.checkUnchanged()
        if records > 0 { try emit(PlannedRange(range: rest, records: records)) }
    }

    func read(_ scan: Scan, range: KeyRange, into batch: inout RowBatch) throws {
        precondition(batch.width == scan.columns.count, "a batch of width \(batch.width) for \(scan.columns)")
        let table = try table(of: scan)
        let first = try position(of: range.after, in: table) ?? table.start
        let last = try position(of: range.through, in: table)
        let cursor = try cursor(of: scan.stream, table, at: first)
        let test = try scan.filter.map { try FileFilter($0, of: table) }
        let decoder = table.decoder(of: scan.columns)
        while last.map({ cursor.position.offset < $0.offset }) ?? true {
            let isThere: Void? = try cursor.next { record in
                guard let test else { return decoder.decode(record, into: &batch) }
                test.decode(record, by: decoder, into: &batch)
            }
            if isThere == nil { break }
        }
        try cursor.file.checkUnchanged()
    }

    func close() {
        open = nil
        tables = [:]
    }

    private func table(of scan: Scan) throws -> FileTable {
        let table: FileTable
        if let known = tables[scan.stream] {
            table = known
        } else {
            table = try FileTable(try settings.stream(scan.stream), settings: settings)
            tables[scan.stream] = table
        }
        let known = table.description.columns.map(\.name)
        for (names, use) in [(scan.columns, "to read"), (scan.key, "key"), (scan.filter?.columns ?? [], "filter")] {
            for name in names where !known.contains(name) {
                throw settings.error(
                    .notFound,
                    "stream \"\(scan.stream)\": column \"\(name)\" (\(use)) not found; "
                        + NearNames.hint(for: name, among: known)
                )
            }
        }
        guard scan.key.isEmpty else {
            throw settings.error(.unsupported, "stream \"\(scan.stream)\": a file has no order but that of its lines")
        }
        return table
    }

    /// - Throws: `conflict` for a place in another file, `invalid` for what is no place at all.
    private func position(of bound: [String]?, in table: FileTable) throws -> FilePosition? {
        guard let bound else { return nil }
        guard let position = FilePosition(bound: bound) else {
            throw settings.error(.invalid, "file \(table.path): \(bound) is no place in a file")
        }
        guard bound.last == table.identity.text else {
            throw settings.error(
                .conflict,
                "file \(table.path) is not the one any more that was cut into ranges: it was changed or replaced; "
                    + "what was read before stays written; start the run again when nobody writes to the file"
            )
        }
        return position
    }

    /// The cursor that was used last, where it can go on from.
    private func cursor(of stream: String, _ table: FileTable, at position: FilePosition) throws -> RecordCursor {
        if let open, open.stream == stream, open.cursor.file.identity == table.identity,
            open.cursor.canMove(to: position)
        {
            try open.cursor.move(to: position)
            return open.cursor
        }
        open = nil
        let cursor = try table.cursor(at: position)
        open = (stream, cursor)
        return cursor
    }
}

/// A filter over the records of a file. A record that cannot be read passes, to be rejected.
private final class FileFilter {
    private let evaluator: FilterEvaluator
    private let decoder: any RecordDecoder
    private var row: RowBatch

    init(_ filter: Filter, of table: FileTable) throws {
        let columns = filter.columns.compactMap { name in table.description.columns.first { $0.name == name } }
        evaluator = try FilterEvaluator(filter, columns: columns)
        decoder = table.decoder(of: filter.columns)
        row = RowBatch(width: columns.count)
    }

    func admits(_ record: FileRecord) -> Bool {
        row.removeAll()
        decoder.decode(record, into: &row)
        return row.rejections[0] != nil || evaluator.passes(row, row: 0)
    }

    /// Decodes a record that the filter admits; one whose filter columns cannot be read is rejected for that.
    func decode(_ record: FileRecord, by full: any RecordDecoder, into batch: inout RowBatch) {
        guard admits(record) else { return }
        guard let rejection = row.rejections[0] else { return full.decode(record, into: &batch) }
        for _ in 0..<batch.width { batch.appendNull() }
        batch.endRow(line: record.line, rejection: rejection)
    }
}
