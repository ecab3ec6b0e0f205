import Drivers
import Synchronization

/// Where other threads leave work for the loop; it is done there, in order, never at once.
final class Mailbox: Sendable {
    typealias Command = @Sendable (CoordinatorLoop) -> Void

    let doorbell: Doorbell
    private let commands = Mutex<State>(State())

    private struct State {
        var waiting: [Command] = []
        var isClosed = false
    }

    init() throws {
        doorbell = try Doorbell()
    }

    /// Returns false when the loop has ended.
    func post(_ command: @escaping Command) -> Bool {
        let taken = commands.withLock { state in
            guard !state.isClosed else { return false }
            state.waiting.append(command)
            return true
        }
        if taken { doorbell.ring() }
        return taken
    }

    func take() -> [Command] {
        doorbell.silence()
        return commands.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    func close() -> [Command] {
        commands.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
    }
}
