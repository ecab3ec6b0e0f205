import Dispatch
import Synchronization

/// A value that one thread sets once and another waits for.
final class OneShot<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let isSet = DispatchSemaphore(value: 0)

    func set(_ new: Value) {
        value.withLock { $0 = new }
        isSet.signal()
    }

    func wait() -> Value {
        while true {
            isSet.wait()
            if let found = value.withLock({ $0 }) { return found }
        }
    }
}
