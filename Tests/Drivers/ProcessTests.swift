import Drivers
import Foundation
import Testing

/// One at a time: between its fork and its `execve` a child shares the descriptors of whatever runs beside it.
@Suite(.serialized) struct ProcessTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    /// Reads a pipe to its end.
    private func text(of pipe: Lifeline) -> String {
        pipe.held.close()
        let data = FileHandle(fileDescriptor: pipe.watched.number).readDataToEndOfFile()
        return String(decoding: data, as: UTF8.self)
    }

    private func shell(_ script: String, descriptors: [Int32] = [], output: Lifeline? = nil) -> Program {
        Program(
            path: "/bin/sh",
            arguments: ["-c", script],
            descriptors: descriptors,
            standardOutput: output?.held.number
        )
    }

    @Test func `an exit status is reported`() throws {
        let child = try ChildProcess(shell("exit 3"))
        let ending = try child.wait()
        #expect(ending.cause == .exited(status: 3))
        #expect(ending.peakResidentBytes > 0)
        #expect(try child.reap() == ending)
    }

    @Test func `a program that is not there is an error that names it`() throws {
        let error = #expect(throws: DriverError.self) {
            try ChildProcess(Program(path: "/bin/no-such-program"))
        }
        #expect(error?.description == "start /bin/no-such-program: No such file or directory")
    }

    @Test func `a child gets the given descriptors as 3 and 4 and no other`() throws {
        let output = try Lifeline()
        let first = try Lifeline()
        let second = try Lifeline()
        let child = try ChildProcess(
            shell(
                "for f in /proc/self/fd/*; do echo ${f##*/} $(readlink $f); done",
                descriptors: [second.watched.number, first.watched.number],
                output: output
            )
        )
        let lines = text(of: output).split(separator: "\n").map(String.init)
        _ = try child.wait()
        let expected = try [(3, second), (4, first)].map { number, pipe in
            let link = "/proc/self/fd/\(pipe.watched.number)"
            return "\(number) \(try FileManager.default.destinationOfSymbolicLink(atPath: link))"
        }
        // 0, 1 and 2 may be anything; the shell's own look at the directory has no target any more.
        #expect(lines.dropFirst(3).filter { $0.contains(":") } == expected)
    }

    @Test func `the environment and the arguments are passed on`() throws {
        let output = try Lifeline()
        var program = shell("echo \"$GREETING $1 $(cat)\"", output: output)
        program.arguments += ["sh", "two words"]
        program.environment = ["GREETING": "hello", "PATH": "/usr/bin:/bin"]
        let child = try ChildProcess(program)
        #expect(text(of: output) == "hello two words \n")
        #expect(try child.wait().cause == .exited(status: 0))
    }

    @Test func `a kill takes the whole process group`() throws {
        let output = try Lifeline()
        // The grandchild holds the pipe's end open as long as it lives.
        let child = try ChildProcess(shell("sleep 1000 & echo up; wait", output: output))
        _ = try Poller.wait(
            sockets: [],
            descriptors: [output.watched.number],
            timeout: .seconds(10)
        )
        #expect(try child.reap() == nil)
        try child.kill()
        #expect(try child.wait().cause == .signalled(9))
        #expect(text(of: output) == "up\n")
        try child.kill()
    }

    @Test func `a child's leftovers are killed when it is reaped`() throws {
        let output = try Lifeline()
        let child = try ChildProcess(shell("sleep 1000 & exit 0", output: output))
        #expect(try child.wait().cause == .exited(status: 0))
        #expect(text(of: output) == "")
    }

    @Test func `a stopped child is killed too`() throws {
        let child = try ChildProcess(Program(path: "/bin/sleep", arguments: ["1000"]))
        try child.signal(19)
        try child.kill()
        #expect(try child.wait().cause == .signalled(9))
    }

    @Test func `children started by a thread that ends die with it when asked to`() throws {
        let box = Box()
        let thread = try EventThread(name: "short-lived") {
            var program = Program(path: "/bin/sleep", arguments: ["1000"])
            program.diesWithThread = true
            box.child = try? ChildProcess(program)
        }
        thread.join()
        #expect(try box.child?.wait().cause == .signalled(9))
    }

    @Test func `a hundred children leave no descriptor behind`() async {
        await #expect(processExitsWith: .success) {
            func open() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            }
            func once() throws {
                let child = try ChildProcess(Program(path: "/bin/sleep", arguments: ["1000"]))
                try child.kill()
                let ending = try child.wait()
                guard ending.cause == .signalled(9) else { exit(3) }
                guard (try? ChildProcess(Program(path: "/nowhere"))) == nil else { exit(4) }
            }
            try once()
            let before = try open()
            for _ in 0..<100 { try once() }
            guard try open() == before else { exit(5) }
        }
    }

    @Test func `a process whose lease runs out dies, stopped as it is`() async {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            // Without a lease that works it is woken up again, and exits normally.
            let watch = "(sleep 5; kill -CONT \(Machine.processID())) &"
            _ = try ChildProcess(Program(path: "/bin/sh", arguments: ["-c", "\(watch) exec sleep 6"]))
            let timer = try LeaseTimer()
            try timer.arm(until: SystemClock.bootNanoseconds() + 60_000_000_000)
            try timer.arm(until: SystemClock.bootNanoseconds() + 50_000_000)
            raise(SIGSTOP)
            exit(0)
        }
    }

    @Test func `a lease that is renewed or disarmed does not kill`() async {
        await #expect(processExitsWith: .success) {
            let timer = try LeaseTimer()
            for _ in 0..<10 {
                try timer.arm(until: SystemClock.bootNanoseconds() + 50_000_000)
                _ = try Poller.wait(sockets: [], descriptors: [], timeout: .milliseconds(10))
            }
            try timer.disarm()
            _ = try Poller.wait(sockets: [], descriptors: [], timeout: .milliseconds(100))
        }
    }

    @Test func `a lock is free again once its last holder is dead`() throws {
        let path = scratch.path + "/worker.lock"
        #expect(try FileLock.state(of: path) == .missing)
        let lock = try #require(try FileLock.acquire(path))
        #expect(try FileLock.acquire(path) == nil)
        let child = try ChildProcess(
            Program(path: "/bin/sleep", arguments: ["1000"], descriptors: [lock.descriptor])
        )
        lock.release()
        #expect(try FileLock.state(of: path) == .held)
        try child.kill()
        _ = try child.wait()
        #expect(try FileLock.state(of: path) == .free)
        #expect(try FileLock.acquire(path) != nil)
    }

    @Test func `a lifeline tells when its holder is gone`() throws {
        let lifeline = try Lifeline()
        let child = try ChildProcess(
            Program(
                path: "/bin/sleep",
                arguments: ["1000"],
                descriptors: [lifeline.held.number]
            )
        )
        lifeline.held.close()
        let watched = [lifeline.watched.number]
        #expect(try Poller.wait(sockets: [], descriptors: watched, timeout: .zero).isEmpty)
        try child.kill()
        let ready = try Poller.wait(sockets: [], descriptors: watched, timeout: .seconds(10))
        #expect(ready.descriptors == [true])
        _ = try child.wait()
    }

    @Test func `the machine says who it is`() throws {
        #expect(try Machine.bootID().count == 36)
        #expect(!Machine.hostName().isEmpty)
        #expect(Machine.residentBytes() > 1 << 20)
    }
}

private final class Box: @unchecked Sendable {
    var child: ChildProcess?
}
