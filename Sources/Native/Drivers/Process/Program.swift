/// A program to start as a child process.
public struct Program: Sendable, Hashable {
    public var path: String
    /// Without the program's own name.
    public var arguments: [String]
    /// nil: this process's own.
    public var environment: [String: String]?
    /// They become 3, 4, … in the child; it gets no other but its standard ones. At most 8.
    public var descriptors: [Int32]
    /// nil: nothing to read.
    public var standardInput: Int32?
    /// nil: the same as standard error, so that a child cannot spoil what this process prints.
    public var standardOutput: Int32?
    /// nil: this process's own.
    public var standardError: Int32?
    /// SIGKILL when the *thread* that starts it ends; see `EventThread`.
    public var diesWithThread: Bool

    public init(
        path: String,
        arguments: [String] = [],
        environment: [String: String]? = nil,
        descriptors: [Int32] = [],
        standardInput: Int32? = nil,
        standardOutput: Int32? = nil,
        standardError: Int32? = nil,
        diesWithThread: Bool = false
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.descriptors = descriptors
        self.standardInput = standardInput
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.diesWithThread = diesWithThread
    }
}

/// How a process ended.
public struct ProcessEnding: Sendable, Hashable, CustomStringConvertible {
    public enum Cause: Sendable, Hashable {
        case exited(status: Int32)
        case signalled(Int32)
    }

    public let cause: Cause
    /// The most memory it had resident, in bytes; never less than what its parent had when it started it.
    public let peakResidentBytes: UInt64

    public var description: String {
        switch cause {
        case .exited(let status): "exited with \(status)"
        case .signalled(let number): "ended by signal \(number)"
        }
    }
}
