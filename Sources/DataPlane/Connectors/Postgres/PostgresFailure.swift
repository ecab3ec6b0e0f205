import Drivers
import Model

/// What errors of PostgreSQL mean to Sluice.
enum PostgresFailure {
    static func connecting(_ error: PostgresError, _ settings: PostgresSettings) -> SluiceError {
        let endpoint: PostgresEndpoint
        do {
            endpoint = try PostgresEndpoint(settings.url)
        } catch {
            return SluiceError(.invalid, "\(settings.place), setting \"url\": \(error)")
        }
        let what = "\(settings.place): cannot connect to \(endpoint): \(error.message)"
        switch (error.sqlState, error.sqlClass) {
        case ("3D000", _):
            return SluiceError(.notFound, "\(what); create the database or correct the url")
        case (_, "28"):
            return SluiceError(.denied, "\(what); check user and password in the url")
        case ("42501", _):
            return SluiceError(.denied, "\(what); grant CONNECT on the database to the role")
        case ("53300", _):
            return SluiceError(.exhausted, "\(what); the server has no free connection slots", isRetriable: true)
        case (nil, _) where error.message.contains("no password supplied"):
            return SluiceError(.denied, "\(what); put the password into the url, as a reference")
        default:
            return SluiceError(
                .unreachable,
                "\(what); check that the server runs and that host and port are right",
                isRetriable: true
            )
        }
    }

    static func running(_ error: PostgresError, _ place: String) -> SluiceError {
        let what = "\(place): \(error)"
        if error.isConnectionLost {
            return SluiceError(.unreachable, "\(what); the connection broke", isRetriable: true)
        }
        switch error.sqlState {
        case "42P01", "42703", "3F000":
            return SluiceError(.notFound, what)
        case "42501":
            return SluiceError(
                .denied,
                "\(what); the role of this connection lacks a right: reading needs SELECT, writing SELECT, INSERT, UPDATE"
            )
        case "55P03", "57014", "25P03", "25P04":
            return SluiceError(.timedOut, what, isRetriable: true)
        case "40001", "40P01":
            return SluiceError(.conflict, what, isRetriable: true)
        case "25006":
            return SluiceError(.unsupported, "\(what); the server or role is read-only")
        default:
            break
        }
        switch error.sqlClass {
        case "08", "57":
            return SluiceError(.unreachable, what, isRetriable: true)
        case "53":
            return SluiceError(.exhausted, what, isRetriable: true)
        case "22", "23", "42":
            return SluiceError(.invalid, what)
        case "0A":
            return SluiceError(.unsupported, what)
        default:
            return SluiceError(.internal, what)
        }
    }

    /// What an error of an open write means; after it the transaction is to be rolled back.
    static func writing(_ error: PostgresError, _ place: String) -> WriteFailure {
        let what = "\(place): \(error)"
        switch error.sqlState {
        case PostgresFence.closedState:
            return .fenced(reason: error.message)
        case "40001", "40P01", "55P03", "57014", "25P03", "25P04", "25P02":
            return .rolledBack(reason: what)
        default:
            break
        }
        if error.isConnectionLost {
            return .rolledBack(reason: "\(what); the connection broke before COMMIT was sent")
        }
        return .failed(running(error, place))
    }

    /// Whether the server refused a row for what is in it, so that its batch can go on without it.
    static func isOfRow(_ error: PostgresError) -> Bool {
        switch error.sqlClass {
        case "22", "23", "54": true
        default: error.sqlState == "P0001"
        }
    }
}
