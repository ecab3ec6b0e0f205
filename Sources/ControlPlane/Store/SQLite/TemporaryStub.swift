public import Model
extension SQLiteStore { public func recount(run: RunID) throws -> RunCounts { RunCounts() } }
