/// One statement of the extended protocol with its parameters.
public struct PostgresStatement: Sendable {
    enum Text: Sendable {
        case sql(String)
        case prepared(String)
    }

    let text: Text
    let parameters: [PostgresParameter]

    /// SQL with `$1`, `$2`, ….
    public init(_ sql: String, _ parameters: [PostgresParameter] = []) {
        text = .sql(sql)
        self.parameters = parameters
    }

    /// A statement that `PostgresConnection.prepare` has named.
    public init(prepared name: String, _ parameters: [PostgresParameter] = []) {
        text = .prepared(name)
        self.parameters = parameters
    }
}

/// A parameter of a statement.
public enum PostgresParameter: Sendable {
    case null
    /// In text form; the statement says its type (`$1::uuid`).
    case text(String)
    /// In PostgreSQL's binary form of the type with this oid (0: as the statement says).
    case binary([UInt8], type: UInt32)
}

/// The parameters of one call, laid out as libpq wants them.
struct ParameterBlock {
    private var storage: [UInt8] = []
    private var offsets: [Int?] = []
    private var types: [UInt32] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    init(_ parameters: [PostgresParameter]) {
        for parameter in parameters {
            switch parameter {
            case .null:
                add(nil, type: 0, format: 0)
            case .text(let text):
                add(Array(text.utf8) + [0], type: 0, format: 0)
            case .binary(let bytes, let type):
                add(bytes, type: type, format: 1)
            }
        }
    }

    private mutating func add(_ bytes: [UInt8]?, type: UInt32, format: Int32) {
        offsets.append(bytes == nil ? nil : storage.count)
        storage += bytes ?? []
        types.append(type)
        lengths.append(Int32(bytes?.count ?? 0))
        formats.append(format)
    }

    typealias Call = (
        _ count: Int32, _ types: UnsafePointer<UInt32>?, _ values: UnsafePointer<UnsafePointer<CChar>?>?,
        _ lengths: UnsafePointer<Int32>?, _ formats: UnsafePointer<Int32>?
    ) -> Int32

    /// Lends the arrays for one libpq call.
    func lend(_ call: Call) -> Int32 {
        // An empty array may lend a null base address, which libpq would take for NULL: one byte more.
        (storage + [0]).withUnsafeBytes { raw in
            let base = raw.bindMemory(to: CChar.self).baseAddress
            let values = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
            return types.withUnsafeBufferPointer { types in
                values.withUnsafeBufferPointer { values in
                    lengths.withUnsafeBufferPointer { lengths in
                        formats.withUnsafeBufferPointer { formats in
                            call(
                                Int32(values.count),
                                types.baseAddress,
                                values.baseAddress,
                                lengths.baseAddress,
                                formats.baseAddress
                            )
                        }
                    }
                }
            }
        }
    }
}
