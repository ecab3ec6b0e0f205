public import Connectors

/// The system under test: how to get its connectors, and how to make and look at its tables without them.
///
/// Every closure but the first two goes its own way to the system (another client, plain SQL), so that the connector
/// is judged by something that shares no code with it. Names in a `SampleTable` are to be quoted.
public struct ConformanceSubject {
    /// A new source, not connected yet.
    public var makeSource: () throws -> any Source
    /// A new destination, not connected yet.
    public var makeDestination: () throws -> any Destination
    /// Makes the table, empty; there is none of that name yet. Returns how a job names it.
    public var makeTable: (SampleTable) throws -> String
    public var insert: (SampleTable, [SampleRow]) throws -> Void
    /// All rows, in the order of `SampleTable.key` by which the system itself orders.
    public var rows: (SampleTable) throws -> [SampleRow]
    /// Begins to count the rows inserted into and updated in the table, with something that the connector does not
    /// know (a trigger). Returns what reads the count.
    public var countWrites: (SampleTable) throws -> () throws -> Int
    /// Its streams are files: no keys and constraints, records in the order in which they were inserted, and a file that is
    /// changed cannot be read on.
    public var isPositional: Bool

    public init(
        makeSource: @escaping () throws -> any Source,
        makeDestination: @escaping () throws -> any Destination,
        makeTable: @escaping (SampleTable) throws -> String,
        insert: @escaping (SampleTable, [SampleRow]) throws -> Void,
        rows: @escaping (SampleTable) throws -> [SampleRow],
        countWrites: @escaping (SampleTable) throws -> () throws -> Int,
        isPositional: Bool = false
    ) {
        self.makeSource = makeSource
        self.makeDestination = makeDestination
        self.makeTable = makeTable
        self.insert = insert
        self.rows = rows
        self.countWrites = countWrites
        self.isPositional = isPositional
    }
}

/// What a connector did, and what it should have done.
public struct ConformanceFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

/// Throws `message` unless `condition` holds.
func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    guard condition else { throw ConformanceFailure(message()) }
}

/// Throws unless the two are equal, saying what each is.
func requireEqual<Value: Equatable>(
    _ actual: Value,
    _ expected: Value,
    _ what: @autoclosure () -> String
) throws {
    guard actual != expected else { return }
    throw ConformanceFailure("\(what()): expected \(expected), got \(actual)")
}
