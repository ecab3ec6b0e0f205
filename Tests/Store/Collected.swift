import Foundation

/// Values that threads hand to a test.
final class Collected<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var values: [Value] = []

    func add(_ value: Value) {
        condition.lock()
        values.append(value)
        condition.signal()
        condition.unlock()
    }

    /// Waits until there are that many.
    func wait(count: Int) -> [Value] {
        condition.lock()
        defer { condition.unlock() }
        while values.count < count { condition.wait() }
        return values
    }
}

/// Set once by a test for threads to see.
final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false

    var isSet: Bool { lock.withLock { value } }

    func set() { lock.withLock { value = true } }
}
