import Model
import Testing

struct ValueCastTests {
    @Test(arguments: [
        (ValueType.int16, "-7", ValueType.int64, "-7"),
        (.int64, "2147483647", .int32, "2147483647"),
        (.int32, "1", .bool, "t"),
        (.bool, "t", .int16, "1"),
        (.int64, "9007199254740992", .float64, "9.007199254740992e+15"),
        (.int32, "-12345", .numeric, "-12345"),
        (.numeric, "12345.000", .int16, "12345"),
        (.numeric, "-9223372036854775808", .int64, "-9223372036854775808"),
        (.numeric, "1e-400", .numeric, "0." + String(repeating: "0", count: 399) + "1"),
        (.numeric, "NaN", .float64, "NaN"),
        (.numeric, "0.1", .float32, "0.1"),
        (.float64, "3", .int32, "3"),
        (.float64, "0.1", .float32, "0.1"),
        (.float64, "-1.5e-7", .numeric, "-0.00000015"),
        (.float32, "Infinity", .numeric, "Infinity"),
        (.float32, "0.5", .float64, "0.5"),
        (.date, "2024-02-29", .timestamp, "2024-02-29 00:00:00"),
        (.date, "-infinity", .timestampWithZone, "-infinity"),
        (.timestamp, "1999-12-31 00:00:00", .date, "1999-12-31"),
        (.timestamp, "infinity", .date, "infinity"),
        (.timestamp, "2024-02-29 12:00:00", .timestampWithZone, "2024-02-29 12:00:00+00"),
        (.timestampWithZone, "2024-02-29 12:00:00+00", .timestamp, "2024-02-29 12:00:00"),
        (.bool, "t", .text, "true"),
        (.bytes, "\\x00ff", .text, "\\x00ff"),
        (.numeric, "1.50", .text, "1.50"),
        (.timestampWithZone, "2024-02-29 12:00:00+00", .text, "2024-02-29 12:00:00+00"),
        (.text, "1.5", .numeric, "1.5"),
        (.text, "yes", .bool, "t"),
        (.text, "[1]", .jsonBinary, "[1]"),
        (.json, "{\"a\":1}", .jsonBinary, "{\"a\":1}"),
        (.jsonBinary, "{\"a\": 1}", .json, "{\"a\": 1}"),
        (.foreign("inet"), "10.0.0.1", .text, "10.0.0.1"),
        (.text, "10.0.0.1", .foreign("inet"), "10.0.0.1"),
    ])
    func `a value that both types have is kept`(
        from: ValueType,
        text: String,
        to: ValueType,
        result: String
    ) throws {
        #expect(try cast(text, from, to) == result)
    }

    @Test(arguments: [
        (ValueType.int64, "40000", ValueType.int16, "\"40000\" is not an int16: out of range (-32768 to 32767)"),
        (.int64, "2147483648", .int32, "\"2147483648\" is not an int32: out of range (-2147483648 to 2147483647)"),
        (
            .int64, "9007199254740993", .float64,
            "\"9007199254740993\" is not a float64: no float64 is exactly this number"
        ),
        (.int32, "2", .bool, "\"2\" is not a bool: 0 or 1 is expected"),
        (.float64, "1.5", .int32, "\"1.5\" is not an int32: it has a fraction"),
        (.float64, "NaN", .int32, "\"NaN\" is not an int32: it is no number of that kind"),
        (
            .float64, "1e+19", .int64,
            "\"1e+19\" is not an int64: out of range (-9223372036854775808 to 9223372036854775807)"
        ),
        (.float64, "1e+39", .float32, "\"1e+39\" is not a float32: out of range (about 1e-45 to 3.4e+38)"),
        (.float64, "1e-60", .float32, "\"1e-60\" is not a float32: out of range (about 1e-45 to 3.4e+38)"),
        (.numeric, "0.5", .int32, "\"0.5\" is not an int32: it has a fraction"),
        (
            .numeric, "9223372036854775808", .int64,
            "\"9223372036854775808\" is not an int64: out of range (-9223372036854775808 to 9223372036854775807)"
        ),
        (
            .numeric, "1e400", .float64,
            "\"1" + String(repeating: "0", count: 38) + "…\" is not a float64: out of range (about 5e-324 to 1.8e+308)"
        ),
        (
            .timestamp, "2024-02-29 12:00:00", .date,
            "\"2024-02-29 12:00:00\" is not a date: it has a time of day"
        ),
        (
            .date, "5874897-12-31", .timestamp,
            "\"5874897-12-31\" is not a timestamp: out of range (4713-11-24 BC to 294276-12-31)"
        ),
        (.text, "2024-02-29 12:00", .date, "\"2024-02-29 12:00\" is not a date: it has a time of day"),
        (.text, "n/a", .numeric, "\"n/a\" is not a numeric: \"n\" at character 1, a number is expected"),
    ])
    func `a value that the other type does not have is refused`(
        from: ValueType,
        text: String,
        to: ValueType,
        message: String
    ) {
        let error = #expect(throws: ValueError.self) { try cast(text, from, to) }
        #expect(error?.description == message)
    }

    @Test(arguments: [
        (ValueType.float64, "2.5", ValueType.int32, "2"),
        (.float64, "-3.5", .int64, "-4"),
        (.numeric, "2.5", .int32, "3"),
        (.numeric, "-0.5", .int32, "-1"),
        (.numeric, "0.4999", .int32, "0"),
        (.numeric, "9999.5", .int32, "10000"),
        (.int64, "9007199254740993", .float64, "9.007199254740992e+15"),
        (.int32, "-2", .bool, "t"),
        (.timestampWithZone, "1999-12-31 23:59:59+00", .date, "1999-12-31"),
    ])
    func `a cast that is asked for rounds as PostgreSQL's`(
        from: ValueType,
        text: String,
        to: ValueType,
        result: String
    ) throws {
        #expect(try cast(text, from, to, mayLose: true) == result)
    }

    @Test(arguments: [
        (ValueType.uuid, ValueType.int64), (.date, .int32), (.bytes, .uuid), (.json, .int32),
        (.bool, .float64), (.float64, .bool), (.interval, .time), (.int32, .timestamp), (.time, .date),
        (.int64, .json),
    ])
    func `types that have nothing in common are not cast at all`(from: ValueType, to: ValueType) {
        #expect(ValueCast(from: from, to: to, mayLose: true) == nil)
    }

    @Test func `bytes that need no change are known to be shareable`() throws {
        #expect(try #require(ValueCast(from: .text, to: .foreign("citext"))).keepsBytes)
        #expect(try #require(ValueCast(from: .timestamp, to: .timestampWithZone, mayLose: true)).keepsBytes)
        #expect(try #require(ValueCast(from: .numeric, to: .numeric)).keepsBytes)
        #expect(try !#require(ValueCast(from: .int32, to: .int64)).keepsBytes)
    }

    @Test(arguments: ValueTextPropertyTests.types)
    func `no bytes crash a cast`(from: ValueType) {
        var generator = SeededGenerator(seed: 5)
        let wild = (0..<300).map { _ in
            (0..<Int.random(in: 0...20, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        for to in ValueTextPropertyTests.types {
            for mayLose in [false, true] {
                guard let cast = ValueCast(from: from, to: to, mayLose: mayLose) else { continue }
                for value in wild {
                    var result: [UInt8] = [1]
                    do {
                        try value.withUnsafeBytes { try cast.apply($0, to: &result) }
                    } catch {
                        #expect(result == [1])
                    }
                }
            }
        }
    }

    /// With the cast asked for where it has to be.
    private func cast(
        _ text: String,
        _ from: ValueType,
        _ to: ValueType,
        mayLose: Bool = false
    ) throws -> String {
        let isAskedFor = mayLose || !TypeDecision(from: from, to: to).passes
        let cast = try #require(ValueCast(from: from, to: to, mayLose: isAskedFor))
        var value: [UInt8] = []
        try ValueText.parse(text, as: from, into: &value)
        var result: [UInt8] = []
        try value.withUnsafeBytes { try cast.apply($0, to: &result) }
        return result.withUnsafeBytes { ValueText.render($0, as: to) }
    }
}
