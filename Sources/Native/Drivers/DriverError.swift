internal import Glibc

/// A call into a C library or the kernel that failed: which one, and what it said.
public struct DriverError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, on what: `connect ipc:///run/…`.
    public let operation: String
    /// What the library or the kernel said.
    public let text: String
    /// The `errno` or the library's own number; 0 when it has none.
    public let number: Int32

    public init(operation: String, text: String, number: Int32 = 0) {
        self.operation = operation
        self.text = text
        self.number = number
    }

    /// From an `errno`.
    public init(operation: String, errno number: Int32) {
        self.init(operation: operation, text: String(cString: strerror(number)), number: number)
    }

    public var description: String { "\(operation): \(text)" }

    /// Passes a result on; throws when it is a negated `errno`.
    @discardableResult
    static func check(_ result: Int32, _ operation: @autoclosure () -> String) throws -> Int32 {
        guard result >= 0 else { throw DriverError(operation: operation(), errno: -result) }
        return result
    }
}
