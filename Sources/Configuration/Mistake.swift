/// One thing that is wrong (or doubtful) in a configuration file, and where it stands.
public struct Mistake: Sendable, Hashable, CustomStringConvertible {
    public var file: String
    /// From 1; nil: the file as a whole.
    public var line: Int?
    /// From 1, in characters.
    public var column: Int?
    /// Place in the document: `jobs.contacts.streams[0].map.email`; empty for the document itself.
    public var path: String
    /// What was found and what is allowed.
    public var message: String

    public init(file: String, line: Int? = nil, column: Int? = nil, path: String = "", message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.message = message
    }

    /// `sluice.yaml:12:9: jobs.contacts.streams[0].key: expected a list, found "id"`
    public var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if line != nil, let column { text += ":\(column)" }
        return text + ": " + (path.isEmpty ? "" : path + ": ") + message
    }
}

/// Every mistake of one configuration file, in the order of the file.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public var mistakes: [Mistake]

    public init(_ mistakes: [Mistake]) {
        self.mistakes = mistakes.sorted {
            ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0)
        }
    }

    public init(_ mistake: Mistake) {
        mistakes = [mistake]
    }

    /// One line per mistake.
    public var description: String {
        mistakes.map(\.description).joined(separator: "\n")
    }
}
