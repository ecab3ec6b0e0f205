import Model

/// Finds the columns of a JSON Lines file that does not declare any, by one pass over the whole file.
///
/// The columns are the members of all objects, in the order in which they first appear. A column's type follows from all
/// of its values that are not null; lines that cannot be read are left out, and rejected later.
///
/// | its values | `ValueType` |
/// | --- | --- |
/// | true, false | bool |
/// | whole numbers of 64 bits | int64 |
/// | numbers | numeric |
/// | strings, or none at all | text |
/// | different ones of these | text: strings as they are, others as they are spelled |
/// | an object or array among them | json |
struct JSONLColumns {
    private static let columnsMax = 2_000

    private var names: [String] = []
    private var kinds: [String: Set<JSONKind>] = [:]
    private var scratch: [UInt8] = []
    private let checker = JSONLDecoder(columns: [])

    /// - Throws: `invalid` when there are too many different members.
    mutating func note(_ record: FileRecord, in file: String, _ settings: FileSettings) throws {
        guard JSONLine.fault(of: record, checker, &scratch) == nil else { return }
        var kinds = kinds
        self.kinds = [:]
        defer { self.kinds = kinds }
        var names: [String] = []
        JSONMembers.forEach(in: record.bytes) { name, value in
            guard let name = JSONLine.name(name) else { return }
            if kinds[name]?.insert(JSONKind(of: value)) == nil {
                kinds[name] = [JSONKind(of: value)]
                names.append(name)
            }
        }
        self.names += names
        guard self.names.count <= Self.columnsMax else {
            throw settings.error(
                .invalid,
                "file \(file), line \(record.line): more than \(Self.columnsMax) different members; name those that are "
                    + "columns in the connection's \"types\""
            )
        }
    }

    var columns: [ColumnDescription] {
        names.map { name in
            let found = (kinds[name] ?? []).subtracting([.null])
            let type: ValueType
            let words: String
            switch found {
            case [.bool]: (type, words) = (.bool, "true, false")
            case [.integer]: (type, words) = (.int64, "integer")
            case [.number], [.integer, .number]: (type, words) = (.numeric, "number")
            case [.string], []: (type, words) = (.text, "string")
            case _ where found.contains(.container): (type, words) = (.json, "object, array")
            default: (type, words) = (.text, "mixed")
            }
            return ColumnDescription(name: name, type: type, nativeType: words)
        }
    }
}
