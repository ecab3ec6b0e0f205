import CPostgres

/// What PostgreSQL or the connection to it answered instead of a result.
public struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Five characters, PostgreSQL's appendix A; nil when libpq itself failed before the server answered.
    public var sqlState: String?
    /// One line, without password or location.
    public var message: String
    public var detail: String?
    public var column: String?
    public var constraint: String?
    /// Where in the server's work it happened: `COPY t, line 3, column c`.
    public var context: String?
    /// The connection cannot be used any more; whether what was sent took effect is not known.
    public var isConnectionLost: Bool

    public init(
        sqlState: String? = nil,
        message: String,
        detail: String? = nil,
        column: String? = nil,
        constraint: String? = nil,
        context: String? = nil,
        isConnectionLost: Bool = false
    ) {
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.column = column
        self.constraint = constraint
        self.context = context
        self.isConnectionLost = isConnectionLost
    }

    /// The first two characters of the SQLSTATE; empty without one.
    public var sqlClass: String { String((sqlState ?? "").prefix(2)) }

    public var description: String {
        var text = message
        if let sqlState { text += " (SQLSTATE \(sqlState))" }
        if let detail { text += "; \(detail)" }
        return text
    }

    init(result: OpaquePointer, connectionLost: Bool) {
        // The codes are C character literals, which the importer leaves out: postgres_ext.h.
        func field(_ code: Unicode.Scalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
        }
        let fallback = String(cString: PQresultErrorMessage(result))
        self.init(
            sqlState: field("C"),
            message: Self.firstLine(field("M") ?? fallback),
            detail: field("D"),
            column: field("c"),
            constraint: field("n"),
            context: field("W"),
            isConnectionLost: connectionLost
        )
    }

    /// From the text libpq keeps for a connection. With verbose errors it reads `… FATAL:  28P01: reason`.
    init(connectionMessage: String) {
        var state: String?
        var message = Self.firstLine(connectionMessage)
        for line in connectionMessage.split(separator: "\n") {
            guard let mark = line.firstRange(of: ":  ") else { continue }
            let rest = line[mark.upperBound...]
            let code = rest.prefix(5)
            guard code.count == 5, rest.dropFirst(5).hasPrefix(": "),
                code.allSatisfy({ $0.isASCII && ($0.isNumber || $0.isUppercase) })
            else { continue }
            state = String(code)
            message = String(rest.dropFirst(7))
            break
        }
        self.init(sqlState: state, message: message, isConnectionLost: true)
    }

    private static func firstLine(_ text: String) -> String {
        text.split(separator: "\n").first.map(String.init) ?? "no reason given"
    }
}
