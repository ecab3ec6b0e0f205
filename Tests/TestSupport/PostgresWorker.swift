import Foundation

/// A thread of a test, for calls that block.
///
/// The test sees to it that what the body shares with others is safe to share: libpq connections are used by one
/// thread each.
public final class PostgresWorker: @unchecked Sendable {
    private let body: () throws -> Void
    private let ended = DispatchSemaphore(value: 0)
    private var failure: (any Error)?

    public init(_ body: @escaping () throws -> Void) {
        self.body = body
        let thread = Thread { [self] in
            do { try self.body() } catch { failure = error }
            ended.signal()
        }
        thread.start()
    }

    /// Waits for the end.
    ///
    /// - Throws: what the body threw.
    public func join() throws {
        ended.wait()
        ended.signal()
        if let failure { throw failure }
    }
}
