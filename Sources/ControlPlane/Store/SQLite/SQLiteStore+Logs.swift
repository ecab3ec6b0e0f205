import Foundation
import GRDB
public import Model

extension SQLiteStore {
    public func logs(_ query: LogQuery) throws -> [LogLine] {
        guard (1...LogQuery.limitMax).contains(query.limit) else {
            throw SluiceError(.invalid, "limit is \(query.limit); allowed: 1 to \(LogQuery.limitMax)")
        }
        var condition = "logs.run = ? AND logs.ordinal > ?"
        var arguments: StatementArguments = [query.run.blob, query.after]
        if query.level != .debug {
            let levels = query.level.andAbove
            condition += " AND logs.level IN (\(levels.map { _ in "?" }.joined(separator: ", ")))"
            arguments += StatementArguments(levels.map(\.rawValue))
        }
        if let worker = query.worker {
            let named = try workers(run: query.run).filter {
                $0.pid.map(String.init) == worker || $0.incarnation.description.hasPrefix(worker)
            }
            condition += " AND logs.worker IN (\(named.map { _ in "?" }.joined(separator: ", ")))"
            arguments += StatementArguments(named.map { $0.incarnation.blob })
        }
        arguments += [query.limit]
        return try rows(
            """
            SELECT logs.*, workers.pid FROM logs LEFT JOIN workers ON workers.incarnation = logs.worker
            WHERE \(condition) ORDER BY logs.ordinal LIMIT ?
            """,
            arguments,
            map: LogLine.init(row:)
        )
    }
}

extension SQLiteTransaction {
    func insert(_ line: LogRecord) throws {
        try execute(
            "INSERT INTO logs (run, at, level, worker, message) VALUES (?, ?, ?, ?, ?)",
            [line.run.blob, line.at.microseconds, line.level.rawValue, line.worker?.blob, line.message]
        )
    }
}

extension LogLine {
    fileprivate init(row: Row) throws {
        self.init(
            ordinal: try row.value("ordinal"),
            at: try row.time("at"),
            level: try row.name("level"),
            worker: try row.optionalIdentifier("worker"),
            pid: try row.optional("pid"),
            message: try row.value("message")
        )
    }
}
