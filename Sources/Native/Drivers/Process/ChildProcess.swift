internal import CProcess
internal import Glibc
internal import Synchronization

/// A child of this process in a process group of its own. Only Supervision starts any.
///
/// Kept by a pidfd, so nobody else who happens to get its number is ever meant. Release it after reaping only: an
/// unreaped child stays a zombie until this process ends.
public final class ChildProcess: Sendable {
    public let pid: Int32
    private let pidfd: OwnedDescriptor
    private let ending = Mutex<ProcessEnding?>(nil)

    /// Readable once it has ended and until it is reaped; for `Poller`.
    public var descriptor: Int32 { pidfd.number }

    /// Starts `program` and waits until it executes.
    ///
    /// Throws when it cannot be executed (not found, not executable); nothing is left over then.
    public init(_ program: Program) throws {
        var handle: Int32 = -1
        let result = program.withCForm { sluice_spawn($0, &handle) }
        pid = try DriverError.check(result, "start \(program.path)")
        pidfd = OwnedDescriptor(handle)
    }

    /// SIGKILL to it and to its whole process group. Does nothing once it is reaped.
    public func kill() throws {
        try ending.withLock { ending in
            guard ending == nil else { return }
            try signalUnreaped(SIGKILL)
            killGroup()
        }
    }

    /// Another signal, to the process alone. Does nothing once it is reaped.
    public func signal(_ number: Int32) throws {
        try ending.withLock { ending in
            guard ending == nil else { return }
            try signalUnreaped(number)
        }
    }

    /// How it ended, or nil while it runs. The first answer is the proof of death (`waitid`); later ones repeat it.
    ///
    /// What is left of its process group is killed first, while its number cannot be anybody else's.
    public func reap() throws -> ProcessEnding? {
        try ending.withLock { ending in
            if let ending { return ending }
            guard try DriverError.check(sluice_has_ended(descriptor), "look at process \(pid)") == 1
            else { return nil }
            ending = try collect()
            return ending
        }
    }

    /// Waits for its end. Blocks the thread.
    public func wait() throws -> ProcessEnding {
        while true {
            if let ending = try reap() { return ending }
            _ = try Poller.wait(sockets: [], descriptors: [descriptor], timeout: nil)
        }
    }

    private func signalUnreaped(_ number: Int32) throws {
        let result = sluice_pidfd_signal(descriptor, number)
        if result == -ESRCH { return }
        try DriverError.check(result, "send signal \(number) to process \(pid)")
    }

    private func killGroup() {
        // Fails when nobody is left in it, which is what we want.
        _ = sluice_kill_group(pid)
    }

    private func collect() throws -> ProcessEnding {
        killGroup()
        var raw = sluice_ending()
        try DriverError.check(sluice_reap(descriptor, 1, &raw), "reap process \(pid)")
        return ProcessEnding(
            cause: raw.code == Int32(CLD_EXITED) ? .exited(status: raw.status) : .signalled(raw.status),
            peakResidentBytes: raw.peak_resident
        )
    }
}

extension Program {
    fileprivate func withCForm(_ body: (UnsafePointer<sluice_program>) -> Int32) -> Int32 {
        withCStrings([path] + arguments) { argv in
            guard let environment else { return withCForm(argv, nil, body) }
            return withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
                withCForm(argv, envp, body)
            }
        }
    }

    private func withCForm(
        _ argv: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        _ envp: UnsafePointer<UnsafeMutablePointer<CChar>?>?,
        _ body: (UnsafePointer<sluice_program>) -> Int32
    ) -> Int32 {
        descriptors.withUnsafeBufferPointer { numbers in
            var form = sluice_program(
                path: argv.pointee,
                arguments: argv,
                environment: envp,
                descriptors: numbers.baseAddress,
                descriptor_count: Int32(numbers.count),
                standard_input: standardInput ?? -1,
                standard_output: standardOutput ?? -1,
                standard_error: standardError ?? -1,
                own_group: 1,
                dies_with_thread: diesWithThread ? 1 : 0
            )
            return body(&form)
        }
    }

    private func withCStrings(
        _ strings: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return -EINVAL }
            return body(base)
        }
    }
}
