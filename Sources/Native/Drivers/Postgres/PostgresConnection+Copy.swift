import CPostgres

extension PostgresConnection {
    /// Runs `COPY … TO STDOUT` and lends each message of the server: with binary format a row, the first preceded by
    /// the file header, the last being the trailer. What `body` throws ends the copy; the connection stays usable.
    public func copyOut(_ sql: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let handle = try openHandle()
        _ = try startCopy(sql, expecting: PGRES_COPY_OUT, handle)
        var buffer: UnsafeMutablePointer<CChar>?
        var thrown: (any Error)?
        while true {
            let length = PQgetCopyData(handle, &buffer, 0)
            guard length >= 0 else { break }
            if thrown == nil {
                do {
                    try body(UnsafeRawBufferPointer(start: buffer, count: Int(length)))
                } catch {
                    thrown = error
                }
            }
            PQfreemem(buffer)
        }
        _ = try collect(handle)
        if let thrown { throw thrown }
    }

    /// Runs `COPY … FROM STDIN`, other statements before and behind it if they are in the text; `body` sends the data in pieces
    /// of any size.
    ///
    /// - Returns: the answers to all statements; that of COPY has the rows copied as `affected`.
    public func copyIn(
        _ sql: String,
        _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> [PostgresResult] {
        let handle = try openHandle()
        let before = try startCopy(sql, expecting: PGRES_COPY_IN, handle)
        do {
            try body { piece in
                let base = piece.bindMemory(to: CChar.self).baseAddress
                guard PQputCopyData(handle, base, Int32(piece.count)) == 1 else { throw lastError(handle) }
            }
        } catch {
            guard isOpen else { throw error }
            _ = PQputCopyEnd(handle, "given up by the client")
            // The server's own error, if it had one before, says more than the giving up.
            do { _ = try collect(handle) } catch let server as PostgresError where server.sqlState != "57014" {
                throw server
            } catch {}
            throw error
        }
        guard PQputCopyEnd(handle, nil) == 1 else { throw lastError(handle) }
        return before + (try collect(handle))
    }

    /// - Returns: the answers to the statements before the COPY.
    private func startCopy(
        _ sql: String,
        expecting status: ExecStatusType,
        _ handle: OpaquePointer
    ) throws -> [PostgresResult] {
        guard PQsendQuery(handle, sql) == 1 else { throw lastError(handle) }
        var before: [PostgresResult] = []
        while let answer = PQgetResult(handle) {
            switch PQresultStatus(answer) {
            case status:
                PQclear(answer)
                return before
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
                before.append(PostgresResult(owning: answer))
            default:
                let failure = PostgresError(result: answer, connectionLost: !isOpen)
                PQclear(answer)
                _ = try? collect(handle)
                throw failure.withLoss(!isOpen)
            }
        }
        throw isOpen ? PostgresError(message: "a plain statement was sent as COPY") : lastError(handle)
    }
}
