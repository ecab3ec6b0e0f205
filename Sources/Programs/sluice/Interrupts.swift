import Foundation
import Glibc
import Synchronization

/// SIGINT and SIGTERM as calls on a thread of their own.
///
/// A handler with a pipe, not an ignored or blocked signal: those would be inherited by the processes that are started from here.
enum Interrupts {
    private static let pipeEnd = Atomic<Int32>(-1)

    /// Ends this process as a signal would have.
    static func leave() -> Never {
        _exit(128 + SIGINT)
    }

    /// Calls `handle` with 1, 2, 3, … each time the person asks to stop.
    ///
    /// To be called once, before other threads matter.
    static func listen(_ handle: @escaping @Sendable (_ count: Int) -> Void) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        let reading = ends[0]
        pipeEnd.store(ends[1], ordering: .sequentiallyConsistent)
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in
                var byte: UInt8 = 1
                let saved = errno
                _ = write(Interrupts.pipeEnd.load(ordering: .relaxed), &byte, 1)
                errno = saved
            }
        }
        Thread.detachNewThread {
            var count = 0
            while true {
                var waiting = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
                guard poll(&waiting, 1, -1) > 0 else { continue }
                var byte: UInt8 = 0
                while read(reading, &byte, 1) == 1 {
                    count += 1
                    handle(count)
                }
            }
        }
    }
}
