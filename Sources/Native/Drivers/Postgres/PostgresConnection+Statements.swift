import CPostgres

extension PostgresConnection {
    /// Sends one or more statements as text in one round trip and returns their answers, values as text.
    ///
    /// The server skips the rest of the string after the first error, a COMMIT included. Without BEGIN they are one
    /// transaction.
    @discardableResult
    public func execute(_ sql: String) throws -> [PostgresResult] {
        let handle = try openHandle()
        guard PQsendQuery(handle, sql) == 1 else { throw lastError(handle) }
        return try collect(handle)
    }

    /// Runs one statement with parameters; values come in binary form.
    public func query(_ statement: PostgresStatement) throws -> PostgresResult {
        let handle = try openHandle()
        guard send(statement, handle) else { throw lastError(handle) }
        guard let result = try collect(handle).last else {
            throw PostgresError(message: "the server gave no result", isConnectionLost: !isOpen)
        }
        return result
    }

    /// Names a statement for this session.
    public func prepare(_ name: String, _ sql: String, types: [UInt32] = []) throws {
        let handle = try openHandle()
        guard PQsendPrepare(handle, name, sql, Int32(types.count), types) == 1 else {
            throw lastError(handle)
        }
        _ = try collect(handle)
    }

    /// Runs several statements in one round trip; values come in binary form. After an error the server skips the rest,
    /// and the first error is thrown.
    public func pipeline(_ statements: [PostgresStatement]) throws -> [PostgresResult] {
        let handle = try openHandle()
        guard PQenterPipelineMode(handle) == 1 else { throw lastError(handle) }
        for statement in statements {
            guard send(statement, handle) else { throw lastError(handle) }
        }
        guard PQpipelineSync(handle) == 1 else { throw lastError(handle) }
        var results: [PostgresResult] = []
        var failure: PostgresError?
        var isSynced = false
        while !isSynced {
            guard let answer = PQgetResult(handle) else {
                // nil ends each statement's answers; a dead connection gives nothing else for ever.
                if isOpen { continue }
                throw failure?.withLoss(true) ?? lastError(handle)
            }
            switch PQresultStatus(answer) {
            case PGRES_PIPELINE_SYNC:
                isSynced = true
                PQclear(answer)
            case PGRES_PIPELINE_ABORTED:
                PQclear(answer)
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                results.append(PostgresResult(owning: answer))
            default:
                failure = failure ?? PostgresError(result: answer, connectionLost: !isOpen)
                PQclear(answer)
            }
        }
        guard PQexitPipelineMode(handle) == 1 else { throw failure ?? lastError(handle) }
        if let failure { throw failure.withLoss(!isOpen) }
        return results
    }

    /// Takes the answers to everything sent, until the server waits for us.
    func collect(_ handle: OpaquePointer) throws -> [PostgresResult] {
        var results: [PostgresResult] = []
        var failure: PostgresError?
        while let answer = PQgetResult(handle) {
            switch PQresultStatus(answer) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                results.append(PostgresResult(owning: answer))
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                PQclear(answer)
                throw PostgresError(message: "COPY was sent as a plain statement")
            default:
                failure = PostgresError(result: answer, connectionLost: !isOpen)
                PQclear(answer)
            }
        }
        if let failure {
            throw failure.withLoss(!isOpen)
        }
        guard isOpen else { throw lastError(handle) }
        return results
    }

    private func send(_ statement: PostgresStatement, _ handle: OpaquePointer) -> Bool {
        ParameterBlock(statement.parameters).lend { count, types, values, lengths, formats in
            switch statement.text {
            case .sql(let sql):
                PQsendQueryParams(handle, sql, count, types, values, lengths, formats, 1)
            case .prepared(let name):
                PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
            }
        } == 1
    }
}

extension PostgresError {
    /// The loss of a connection may show only after the error that announces it.
    func withLoss(_ isLost: Bool) -> PostgresError {
        var error = self
        error.isConnectionLost = isConnectionLost || isLost
        return error
    }
}
