import Drivers
import Foundation
import Model
import TestSupport

/// Two SQLite files: contacts that are to be brought over, and people of whom some are there already.
///
/// Of 1...records a third is new at the destination, every tenth is the same on both sides, every hundredth is rejected
/// because `mail` must not be NULL, and the rest is updated: in one field, in two, to NULL and from NULL.
struct ContactFiles {
    typealias Row = [String: String?]

    let directory: TemporaryDirectory
    let records: Int

    init(records: Int) throws {
        directory = try TemporaryDirectory()
        self.records = records
        let count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(records))"
        let fields = "id INTEGER PRIMARY KEY, email TEXT, score REAL, photo BLOB"
        let source = try Self.open(directory.file("app.db"), .create)
        try source.execute(
            """
            CREATE TABLE contacts (\(fields));
            \(count) INSERT INTO contacts SELECT i,
              CASE WHEN i % 100 THEN 'Ünï "new"' || char(10) || i END, i / 7.0, CASE WHEN i % 4 THEN randomblob(9) END FROM n
            """
        )
        let destination = try Self.open(directory.file("crm.db"), .create)
        try destination.execute(
            """
            CREATE TABLE people (note TEXT, \(fields.replacing("email TEXT", with: "mail TEXT NOT NULL")));
            ATTACH '\(directory.file("app.db"))' AS app;
            INSERT INTO people (note, id, mail, score, photo) SELECT 'kept', id,
              CASE WHEN id % 10 THEN 'old' || id ELSE email END, CASE WHEN id % 7 THEN score END, photo
              FROM app.contacts WHERE id % 3 <> 1 AND id % 100 <> 0
            """
        )
    }

    /// - Parameter rate: a line of the job.
    func configuration(rate: String = "", destination: String = "people") -> String {
        """
        connections:
          app: { type: sqlite, path: "\(directory.file("app.db"))" }
          crm: { type: sqlite, path: "${CRM_FILE}" }
        jobs:
          contacts:
            source: app
            destination: crm
            batch: { records: 100 }
            \(rate)
            streams:
              - { stream: contacts, destination: \(destination), key: [id], map: { mail: email } }
        """
    }

    var environment: [String: String] { ["CRM_FILE": directory.file("crm.db")] }

    /// By id what of the source a record of the destination is to be.
    func wanted() throws -> [String: Row] {
        try rows("SELECT id, email AS mail, score, photo FROM contacts WHERE email IS NOT NULL", of: "app.db")
    }

    /// By id what the destination holds of the fields that are mapped.
    func people() throws -> [String: Row] {
        try rows("SELECT id, mail, score, photo FROM people", of: "crm.db")
    }

    /// The text forms of every field, by the test's own reading of the file.
    private func rows(_ sql: String, of file: String) throws -> [String: Row] {
        let statement = try Self.open(directory.file(file), .readOnly).statement(sql)
        var rows: [String: Row] = [:]
        while try statement.step() {
            let id = String(statement.integer(at: 0))
            rows[id] = [
                "id": id, "mail": statement.string(at: 1), "score": Self.text(statement.value(at: 2)),
                "photo": Self.text(statement.value(at: 3)),
            ]
        }
        return rows
    }

    private static func text(_ value: SQLiteValue) -> String? {
        switch value {
        case .real(let real):
            withUnsafeBytes(of: real.bitPattern.bigEndian) { ValueText.render($0, as: .float64) }
        case .blob(let bytes):
            ValueText.render(bytes, as: .bytes)
        default:
            nil
        }
    }

    private static func open(_ path: String, _ access: SQLiteConnection.Access) throws -> SQLiteConnection {
        try SQLiteConnection(path: path, access: access, busyTimeout: .seconds(5))
    }
}
