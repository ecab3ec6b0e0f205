import Model
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(1))) struct LiveBoardTests {
    private func waiting(on board: LiveBoard) -> Task<Void, any Error> {
        Task { try await board.changed(since: board.version, now: Timestamp(microseconds: 0)) }
    }

    @Test func `whoever waits for a change leaves with its task`() async throws {
        let board = LiveBoard()
        let first = waiting(on: board)
        let second = waiting(on: board)
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        board.close(SluiceError(.unreachable, "the end"))
        try await second.value
    }

    @Test func `a task that was cancelled before does not wait`() async throws {
        let board = LiveBoard()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await board.changed(since: board.version, now: Timestamp(microseconds: 0))
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `patience that is over ends the waiting without an error`() async throws {
        let board = LiveBoard()
        let task = waiting(on: board)
        // It may not have begun to wait: asked again until it has.
        while !board.isWaitedFor { await Task.yield() }
        board.expire(Timestamp(microseconds: LiveBoard.patience.microseconds - 1))
        #expect(board.isWaitedFor)
        board.expire(Timestamp(microseconds: LiveBoard.patience.microseconds))
        try await task.value
    }
}
