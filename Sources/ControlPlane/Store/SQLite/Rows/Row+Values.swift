import Foundation
import GRDB
import Model

/// Reading columns so that a wrong value throws instead of ending the process.
extension Row {
    func value<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
        try decode(Value.self, forColumn: column)
    }

    func optional<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
        try decode(Value?.self, forColumn: column)
    }

    func bytes(_ column: String) throws -> [UInt8] {
        [UInt8](try value(column) as Data)
    }

    func identifier<Tag>(_ column: String) throws -> Identifier<Tag> {
        guard let found = Identifier<Tag>(bytes: try value(column) as Data) else {
            throw StoreError.failed(detail: "column \(column) holds no id of 16 bytes")
        }
        return found
    }

    func optionalIdentifier<Tag>(_ column: String) throws -> Identifier<Tag>? {
        try decode(Data?.self, forColumn: column) == nil ? nil : identifier(column)
    }

    func time(_ column: String) throws -> Timestamp {
        Timestamp(microseconds: try value(column))
    }

    func optionalTime(_ column: String) throws -> Timestamp? {
        (try optional(column) as Int64?).map(Timestamp.init(microseconds:))
    }

    /// A state or kind by its raw name.
    func name<Name: RawRepresentable<String>>(_ column: String) throws -> Name {
        let text: String = try value(column)
        guard let found = Name(rawValue: text) else {
            throw StoreError.failed(detail: "column \(column) holds \(text), which is no \(Name.self)")
        }
        return found
    }

    func optionalName<Name: RawRepresentable<String>>(_ column: String) throws -> Name? {
        (try optional(column) as String?) == nil ? nil : try name(column)
    }

    func json<Value: Decodable>(_ column: String) throws -> Value {
        try JSONText.decode(Value.self, from: value(column))
    }

    func optionalJSON<Value: Decodable>(_ column: String) throws -> Value? {
        try (optional(column) as String?).map { try JSONText.decode(Value.self, from: $0) }
    }
}
