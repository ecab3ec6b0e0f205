import Model
import Yams

/// What a scalar means, by the core schema of YAML 1.2.
///
/// The parser's own rules are those of YAML 1.1, in which `no`, `on` and `12:30` are not text: a country code would turn into
/// a boolean.
enum ScalarReader {
    static func constant(_ scalar: Node.Scalar) -> Constant {
        guard scalar.style == .plain || scalar.style == .any else { return .text(scalar.string) }
        switch scalar.string {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        if let integer = Int64(scalar.string) { return .integer(integer) }
        // Double("nan") and Double("0x1p3") parse too; only decimal numbers are meant.
        let isDecimal = scalar.string.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "+-.eE".utf8.contains($0)
        }
        if isDecimal, let real = Double(scalar.string), real.isFinite { return .real(real) }
        return .text(scalar.string)
    }

    /// Whether it is a number that `constant` cannot hold as it is written: a whole one beyond 64 bits, or beyond 1.8e308.
    static func isTooLarge(_ scalar: Node.Scalar) -> Bool {
        guard scalar.style == .plain || scalar.style == .any else { return false }
        if scalar.string.wholeMatch(of: /[+\-]?[0-9]+/) != nil { return Int64(scalar.string) == nil }
        let isDecimal = scalar.string.wholeMatch(of: /[+\-]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][+\-]?[0-9]+)?/) != nil
        return isDecimal && Double(scalar.string)?.isFinite != true
    }
}
