public import Model

extension Constant {
    /// The value in its own type; nil for null.
    public var canonical: (type: ValueType, bytes: [UInt8])? {
        var bytes: [UInt8] = []
        switch self {
        case .null: return nil
        case .bool(let value): return (.bool, [value ? 1 : 0])
        case .integer(let value):
            BigEndian.append(value, to: &bytes)
            return (.int64, bytes)
        case .real(let value):
            BigEndian.append(value.bitPattern, to: &bytes)
            return (.float64, bytes)
        case .text(let value): return (.text, Array(value.utf8))
        }
    }
}
