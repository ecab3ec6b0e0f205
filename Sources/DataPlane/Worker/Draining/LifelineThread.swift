import Drivers
import Glibc
import Wire

/// The pipe that the supervisor holds open: when it ends, so does this process.
///
/// A thread of its own blocks on it, so that neither a busy event loop nor a hung driver keeps the process alive
/// without a supervisor.
enum LifelineThread {
    static func start(watching descriptor: Int32) throws {
        try Lifeline.closeOnExec(descriptor)
        _ = try EventThread(name: "lifeline") {
            var byte: UInt8 = 0
            while true {
                let count = read(descriptor, &byte, 1)
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                WorkerExit.orphaned.exit()
            }
        }
    }
}
