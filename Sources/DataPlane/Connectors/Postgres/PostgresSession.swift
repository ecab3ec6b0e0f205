import Drivers
import Model

/// A connection to PostgreSQL with the settings that make values travel exactly, and its errors in Sluice's words.
final class PostgresSession {
    let connection: PostgresConnection
    /// For messages: `connection "crm"`.
    let place: String
    let defaultSchema: String

    /// The session settings under which text forms of values (types without a binary travel form) are the same
    /// everywhere.
    private static let exactText = [
        "DateStyle": "ISO, MDY", "IntervalStyle": "postgres", "TimeZone": "UTC",
        "extra_float_digits": "1", "bytea_output": "hex", "lc_monetary": "C",
        "standard_conforming_strings": "on", "jit": "off",
    ]

    /// Connects.
    ///
    /// - Throws: `invalid` (no or malformed `url`), `unreachable`, `denied`, `notFound` (database), `unsupported`
    /// (server too old).
    init(
        _ settings: PostgresSettings,
        applicationName: String,
        parameters: [String: String]
    ) throws {
        place = settings.place
        defaultSchema = settings.schema
        do {
            connection = try PostgresConnection(
                url: settings.url,
                settings: ["application_name": applicationName]
            )
            try PostgresPooler(settings: settings).refuseIfShared(connection)
        } catch let error as PostgresError {
            throw PostgresFailure.connecting(error, settings)
        }
        guard connection.serverVersion >= 130_000 else {
            throw SluiceError(
                .unsupported,
                "\(place): the server is PostgreSQL \(connection.serverVersion / 10_000); at least 13 is needed"
            )
        }
        var wanted = Self.exactText.merging(parameters) { _, special in special }
        if connection.serverVersion < 140_000 {
            wanted["client_connection_check_interval"] = nil
            wanted["idle_session_timeout"] = nil
        }
        let statements = wanted.sorted { $0.key < $1.key }.map { name, value in
            "SET \(name) = \(PostgresName.literal(value))"
        }
        try run(statements.joined(separator: "; "))
    }

    /// Runs statements and gives the last answer, values as text.
    @discardableResult
    func run(_ sql: String) throws -> PostgresResult {
        do {
            guard let last = try connection.execute(sql).last else {
                throw SluiceError(.internal, "\(place): the server gave no result")
            }
            return last
        } catch let error as PostgresError {
            throw PostgresFailure.running(error, place)
        }
    }

    var isOpen: Bool { connection.isOpen }

    func close() {
        connection.close()
    }
}
