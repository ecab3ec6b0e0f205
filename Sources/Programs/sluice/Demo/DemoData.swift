import Drivers
import Foundation
import Model

/// The demo's files: two SQLite databases and a configuration with the mistake of the story.
struct DemoData {
    static let contacts = 80_000
    static let recordsPerSecond = 1_700

    let store: String
    let configuration: String
    private let destination: String

    /// Makes them in a directory that must not be there yet.
    static func make(in directory: String) throws -> DemoData {
        guard !FileManager.default.fileExists(atPath: directory) else {
            throw SluiceError(
                .conflict,
                "\(directory) is there already; remove it, or name another directory with --directory"
            )
        }
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try fill("\(directory)/app.db", application)
            try fill("\(directory)/crm.db", crm)
            try configuration.write(
                toFile: "\(directory)/sluice.yaml",
                atomically: true,
                encoding: .utf8
            )
        } catch let error as SluiceError {
            throw error
        } catch {
            throw SluiceError(.exhausted, "the demo's files cannot be made in \(directory): \(error)")
        }
        return DemoData(
            store: "\(directory)/sluice.db",
            configuration: "\(directory)/sluice.yaml",
            destination: "\(directory)/crm.db"
        )
    }

    /// The ids whose e-mail is not one any more, as the destination itself has them.
    func damagedContacts() throws -> Set<Int64> {
        let crm = try SQLiteConnection(path: destination, access: .readOnly, busyTimeout: .seconds(5))
        let statement = try crm.statement("SELECT id FROM contacts WHERE email NOT LIKE '%@%'")
        var ids: Set<Int64> = []
        while try statement.step() {
            ids.insert(statement.integer(at: 0))
        }
        return ids
    }

    private static func fill(_ path: String, _ sql: String) throws {
        let database = try SQLiteConnection(path: path, access: .create, busyTimeout: .seconds(5))
        try database.execute(sql)
    }

    /// One row a contact: id, name, company domain, and an e-mail made of both.
    private static let people = """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(contacts)),
        named AS (
          SELECT i,
            substr('Ada  Grace Alan Edsger Barbara', 1 + (i % 3) * 5, 5) AS first,
            'person' || i AS last,
            'company' || (i % 400) || '.example' AS domain
          FROM n
        )
        """

    private static let application = """
        BEGIN;
        CREATE TABLE contacts (id INTEGER PRIMARY KEY, full_name TEXT, work_email TEXT, company_domain TEXT);
        \(people)
        INSERT INTO contacts SELECT i, trim(first) || ' ' || last, lower(last) || '@' || domain, domain FROM named;
        COMMIT
        """

    private static let crm = """
        BEGIN;
        CREATE TABLE contacts (id INTEGER PRIMARY KEY, name TEXT, email TEXT);
        \(people)
        INSERT INTO contacts SELECT i, trim(first) || ' ' || last, lower(last) || '@' || domain FROM named;
        COMMIT
        """

    private static let configuration = """
        connections:
          app: { type: sqlite, path: app.db }
          crm: { type: sqlite, path: crm.db }
        jobs:
          contacts:
            source: app
            destination: crm
            batch: { records: 400 }
            rate_limit: \(recordsPerSecond)/s     # so that it can be watched
            streams:
              - stream: contacts
                destination: contacts
                key: [id]
                map:
                  name: full_name
                  email: company_domain        # the mistake; it was work_email
                drop: [work_email]
        """
}
