/// Reads the quantities of a configuration and of the command line: `8MiB`, `60s`, `700/s`.
public enum Quantity {
    public static let sizeForms = "a size such as 512KiB or 8MiB"
    public static let durationForms = "a duration such as 500ms, 60s, 2m or 1h"
    public static let rateForms = "a rate in records such as 700/s, 100/m or 5000/h"

    /// Bytes; nil for anything else.
    public static func size(_ text: String) -> Int? {
        let units = ["B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 1_000, "MB": 1_000_000]
        guard let (number, unit) = split(text), let factor = units[unit.isEmpty ? "B" : unit] else { return nil }
        return Int(exactly: (number * Double(factor)).rounded())
    }

    /// Nil for anything else, negative ones included.
    public static func duration(_ text: String) -> Duration? {
        let units = ["ms": 1.0, "s": 1_000, "m": 60_000, "h": 3_600_000]
        guard let (number, unit) = split(text), let factor = units[unit], number * factor < 1e15 else {
            return nil
        }
        return .microseconds(Int64((number * factor * 1_000).rounded()))
    }

    /// Records per second; nil for anything else, 0 included.
    public static func rate(_ text: String) -> Double? {
        let units = ["/s": 1.0, "/m": 60, "/h": 3_600]
        guard let (number, unit) = split(text), let seconds = units[unit], number > 0 else { return nil }
        return number / seconds
    }

    private static func split(_ text: String) -> (Double, String)? {
        let digits = text.prefix { "0123456789._".contains($0) }.filter { $0 != "_" }
        let unit = text.drop { "0123456789._".contains($0) }.filter { $0 != " " }
        guard let number = Double(digits), number.isFinite else { return nil }
        return (number, String(unit))
    }
}
