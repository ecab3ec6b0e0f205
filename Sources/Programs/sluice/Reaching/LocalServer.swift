import Client
import ControlAPI
import Coordinator
import Dispatch
import Model
import Synchronization

/// The API served by this process, for this command (and for whoever else asks meanwhile).
///
/// Everything asynchronous runs on other threads; the command itself stays on the main one, where it may block.
final class LocalServer: Sendable {
    let client: Client
    let address: String
    private let serving: Task<Void, Never>
    private let ended = Ending()
    private let stopCoordinator: @Sendable () async -> Void

    /// Why the API has ended.
    private final class Ending: Sendable {
        let failure = Mutex<SluiceError?>(nil)
        let isWanted = Atomic<Bool>(false)
        let semaphore = DispatchSemaphore(value: 0)

        func set(_ error: (any Error)?) {
            if let error {
                failure.withLock {
                    $0 = error as? SluiceError ?? SluiceError(.internal, "the API ended: \(error)")
                }
            }
            semaphore.signal()
        }
    }

    /// - Parameters:
    ///   - announce: tells others where the API is, and the token that it asks for.
    ///   - stop: what is to be stopped before the API ends.
    ///   - coordinatorEnded: returns when the coordinator has ended, with the reason; the API ends then, too.
    /// - Throws: what `serveAPI` throws when it cannot listen.
    init(
        service: any ControlService,
        host: String = "127.0.0.1",
        port: Int = 0,
        announce: @escaping @Sendable (_ address: String, _ token: String) throws -> Void = { _, _ in },
        stop: @escaping @Sendable () async -> Void = {},
        coordinatorEnded: (@Sendable () async -> SluiceError)? = nil
    ) throws {
        let ready = DispatchSemaphore(value: 0)
        let bound = Mutex<Result<String, any Error>?>(nil)
        let ended = ended
        let token = Self.makeToken()
        serving = Task.detached {
            do {
                try await serveAPI(service: service, host: host, port: port, token: token) { address in
                    let result = Result { try announce(address, token) }.map { address }
                    bound.withLock { $0 = result }
                    ready.signal()
                }
                ended.set(nil)
            } catch {
                bound.withLock { if $0 == nil { $0 = .failure(error) } }
                ready.signal()
                ended.set(error)
            }
        }
        stopCoordinator = stop
        ready.wait()
        guard let result = bound.withLock({ $0 }) else {
            throw SluiceError(.internal, "the API ended before it began")
        }
        address = try result.get()
        client = Client(server: try ServerAddress(address), token: token)
        guard let coordinatorEnded else { return }
        Task.detached { [serving] in
            let reason = await coordinatorEnded()
            if !ended.isWanted.load(ordering: .acquiring) { ended.failure.withLock { $0 = reason } }
            serving.cancel()
        }
    }

    /// 256 random bits.
    private static func makeToken() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<4).map { _ in
            let digits = String(random.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// A server that can only be asked what stands in the store.
    static func inspecting(store path: String) throws -> LocalServer {
        let store = try Serving.open(store: path)
        return try LocalServer(service: try CoordinatorProcess.inspect(store: store))
    }

    /// Why the coordinator or the API has ended, if it did so by itself.
    var failure: SluiceError? { ended.failure.withLock { $0 } }

    /// Calls `body` on some thread when the API ends.
    func onEnd(_ body: @escaping @Sendable () -> Void) {
        let serving = serving
        Task.detached {
            await serving.value
            body()
        }
    }

    /// Ends the coordinator, then the API; returns when both have ended.
    func stop() {
        ended.isWanted.store(true, ordering: .releasing)
        let stopCoordinator = stopCoordinator
        let serving = serving
        Task.detached {
            await stopCoordinator()
            serving.cancel()
        }
        ended.semaphore.wait()
    }
}
