import Connectors
import Model

/// What the destination's column demands of a value beyond its type.
struct FieldCheck: Sendable {
    private let name: String
    private let isRequired: Bool
    private let isKey: Bool
    private let lengthMax: Int?

    init(_ target: Target, index: Int) {
        let field = target.fields[index]
        name = field.name
        isKey = !target.isAppend && target.key.contains(index)
        isRequired = !field.isNullable || isKey
        switch field.type {
        case .text, .foreign: lengthMax = field.lengthMax
        default: lengthMax = nil
        }
    }

    /// Rejects the rows whose value is missing or too long.
    func run(_ rows: RowBatch, at field: Int, rejections: inout [Int: Rejection]) {
        guard isRequired || lengthMax != nil else { return }
        let lengths = rows.lengths
        let allowed = lengthMax.map(Int32.init(clamping:)) ?? .max
        for row in 0..<rows.count {
            let length = lengths[row * rows.width + field]
            guard length > allowed || (length < 0 && isRequired) else { continue }
            let found = rows.withField(row: row, column: field) { rejection(of: $0) }
            if let found, rejections[row] == nil { rejections[row] = found }
        }
    }

    /// A constant that no record could be written with is an error of the configuration.
    func checkConstant(of program: FieldProgram, plan: MappingPlan) throws {
        guard case .constant(let bytes) = program.origin else { return }
        let found =
            bytes?.withUnsafeBytes { rejection(of: $0) } ?? (bytes == nil ? rejection(of: nil) : nil)
        if let found {
            throw SluiceError(
                .invalid,
                "stream \"\(plan.stream)\", field \"\(name)\": the constant cannot be written: \(found.reason)"
            )
        }
    }

    private func rejection(of value: UnsafeRawBufferPointer?) -> Rejection? {
        guard let value else {
            guard isRequired else { return nil }
            let why = isKey ? "is part of the key" : "is NOT NULL"
            return Rejection(code: "not_null", field: name, reason: "NULL, but the field \(why)")
        }
        guard let lengthMax, value.count > lengthMax else { return nil }
        // Every character has exactly one byte that is no continuation.
        let characters = value.count { $0 & 0xC0 != 0x80 }
        guard characters > lengthMax else { return nil }
        return Rejection(
            code: "too_long",
            field: name,
            reason: "\(characters) characters, at most \(lengthMax) fit"
        )
    }
}
