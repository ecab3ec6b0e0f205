internal import CProcess
internal import Glibc

/// A thread of its own for an event loop: it may block, owns its sockets, and never runs anything else.
///
/// Children that are to die with their parent (`Program.diesWithThread`) must be started from such a thread: the kernel
/// kills them when the *thread* that started them ends, and pool threads come and go.
public final class EventThread: @unchecked Sendable {
    private let thread: pthread_t

    /// Starts it. `name` is what `top -H` shows, at most 15 bytes.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var created = pthread_t()
        let result = pthread_create(
            &created,
            nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                sluice_name_thread(start.name)
                start.body()
                return nil
            },
            start.toOpaque()
        )
        guard result == 0 else {
            start.release()
            throw DriverError(operation: "start the thread \(name)", errno: result)
        }
        thread = created
    }

    /// Waits for its end. Call it once; a thread that nobody waits for lasts as long as the process.
    public func join() {
        pthread_join(thread, nil)
    }
}

private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
