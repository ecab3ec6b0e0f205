import Model
import Testing

/// Bytes and texts as PostgreSQL 15 gives them: `select encode(int4send(1), 'hex'), 1::text`.
struct ValueTextTests {
    @Test(arguments: [
        (ValueType.bool, "01", "t"),
        (.bool, "00", "f"),
        (.int16, "8000", "-32768"),
        (.int32, "7fffffff", "2147483647"),
        (.int64, "8000000000000000", "-9223372036854775808"),
        (.int64, "0000000000000000", "0"),
        (.float32, "3dcccccd", "0.1"),
        (.float32, "4b800000", "1.6777216e+07"),
        (.float32, "4c000004", "3.3554448e+07"),
        (.float32, "50061c46", "8.999999e+09"),
        (.float32, "510006a8", "3.4366718e+10"),
        (.float32, "00000001", "1e-45"),
        (.float64, "3fb999999999999a", "0.1"),
        (.float64, "4415af1d78b58c40", "1e+20"),
        (.float64, "44b52d02c7e14af6", "9.999999999999999e+22"),
        (.float64, "44b52d02c7e14af7", "1.0000000000000001e+23"),
        (.float64, "42d6bcc41e900000", "100000000000000"),
        (.float64, "430c6bf526340000", "1e+15"),
        (.float64, "3f1a36e2eb1c432d", "0.0001"),
        (.float64, "3ee4f8b588e368f1", "1e-05"),
        (.float64, "c05edd2f1a9fbe77", "-123.456"),
        (.float64, "8000000000000000", "-0"),
        (.float64, "7ff0000000000000", "Infinity"),
        (.float64, "fff0000000000000", "-Infinity"),
        (.float64, "7ff8000000000000", "NaN"),
        (.float64, "0000000000000001", "5e-324"),
        (.text, "c3a463", "äc"),
        (.text, "", ""),
        (.bytes, "00ff5c", "\\x00ff5c"),
        (.bytes, "", "\\x"),
        (.uuid, "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        (.json, "7b2261223a317d", "{\"a\":1}"),
        (.jsonBinary, "017b2261223a20317d", "{\"a\": 1}"),
        (.foreign("inet"), "3132372e302e302e31", "127.0.0.1"),
    ])
    func `a value has the text that PostgreSQL prints, and the text reads back`(
        type: ValueType,
        hex: String,
        text: String
    ) throws {
        #expect(rendered(hex, type) == text)
        #expect(try parsed(text, type) == hex)
    }

    @Test(arguments: [
        ("0000000000000000", "0"),
        ("0001000000000000" + "0001", "1"),
        ("0001000000000002" + "0001", "1.00"),
        ("0003000100000002" + "0001" + "0929" + "1a2c", "12345.67"),
        ("0001ffff00000001" + "03e8", "0.1"),
        ("0001fffe4000000a" + "0064", "-0.0000010000"),
        ("0001000200000000" + "0001", "100000000"),
        ("0002000040000003" + "0001" + "1388", "-1.500"),
        ("0000000000000005", "0.00000"),
        ("00000000c0000000", "NaN"),
        ("00000000d0000020", "Infinity"),
        ("00000000f0000020", "-Infinity"),
    ])
    func `a numeric keeps its scale`(hex: String, text: String) throws {
        #expect(rendered(hex, .numeric) == text)
        #expect(try parsed(text, .numeric) == hex)
    }

    @Test(arguments: [
        ("1e3", "1000"), ("1.5e-3", "0.0015"), ("  +7.50 ", "7.50"), (".5", "0.5"), ("5.", "5"),
        ("12.34e1", "123.4"), ("0001", "1"), ("nan", "NaN"), ("-inf", "-Infinity"),
    ])
    func `a numeric may be written in other ways`(text: String, printed: String) throws {
        #expect(rendered(try parsed(text, .numeric), .numeric) == printed)
    }

    @Test(arguments: [
        (ValueType.date, "00000000", "2000-01-01"),
        (.date, "000022bb", "2024-05-05"),
        (.date, "ffffd533", "1970-01-01"),
        (.date, "fff49d7b", "0044-03-15 BC"),
        (.date, "ffda9915", "4713-11-24 BC"),
        (.date, "7fda970c", "5874897-12-31"),
        (.date, "7fffffff", "infinity"),
        (.date, "80000000", "-infinity"),
        (.time, "0000000000000000", "00:00:00"),
        (.time, "0000000aba5055e0", "12:47:55.5"),
        (.time, "000000141dd76000", "24:00:00"),
        (.timestamp, "0000000000000000", "2000-01-01 00:00:00"),
        (.timestamp, "ffffffffffffffff", "1999-12-31 23:59:59.999999"),
        (.timestamp, "7fffffffffffffff", "infinity"),
        (.timestampWithZone, "0000000000000001", "2000-01-01 00:00:00.000001+00"),
        (.timestampWithZone, "7fffff5bb3b29fff", "294276-12-31 23:59:59.999999+00"),
        (.timestampWithZone, "fd0f9983eb0ae000", "4713-11-24 00:00:00+00 BC"),
        (.interval, "00000000000000000000000000000000", "00:00:00"),
        (.interval, "000000036c1f6d300000000300000011", "1 year 5 mons 3 days 04:04:58.900784"),
        (.interval, "0000000000000000ffffffff00000000", "-1 days"),
        (.interval, "00000001b7e1dd00ffffffff00000000", "-1 days +02:03:00"),
        (.interval, "fffffffffff0bdc00000000000000001", "1 mon -00:00:01"),
        (.interval, "00000000000f424000000002ffffffff", "-1 mons +2 days 00:00:01"),
    ])
    func `dates and times look as PostgreSQL's`(type: ValueType, hex: String, text: String) throws {
        #expect(rendered(hex, type) == text)
        #expect(try parsed(text, type) == hex)
    }

    @Test(arguments: [
        (ValueType.timestampWithZone, "2024-02-29T12:00:00Z", "2024-02-29 12:00:00+00"),
        (.timestampWithZone, "2024-03-01 00:30:00+01:30", "2024-02-29 23:00:00+00"),
        (.timestampWithZone, "2024-03-01 00:30:00.1234567 -0800", "2024-03-01 08:30:00.123457+00"),
        (.timestamp, "2024-03-01", "2024-03-01 00:00:00"),
        (.timestamp, "2024-03-01 23:59:60", "2024-03-02 00:00:00"),
        (.timestamp, "2024-03-01T10:00+02", "2024-03-01 08:00:00"),
        (.date, "2024-03-01T10:00:00Z", "2024-03-01"),
        (.time, "7:05", "07:05:00"),
        (.interval, "2 weeks 1 hour", "14 days 01:00:00"),
        (.interval, "1.5 secs", "00:00:01.5"),
        (.bool, " YES ", "t"),
        (.bool, "of", "f"),
        (.bytes, "ab\\\\\\001", "\\x61625c01"),
        (.bytes, "\\xDE ad", "\\xdead"),
        (.uuid, "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        (.int32, "\t-12\n", "-12"),
        (.float64, "1.e2", "100"),
    ])
    func `other spellings of a value are read`(type: ValueType, text: String, printed: String) throws {
        #expect(rendered(try parsed(text, type), type) == printed)
    }

    @Test(arguments: [
        (ValueType.int16, "40000", "\"40000\" is not an int16: out of range (-32768 to 32767)"),
        (.int32, "12a", "\"12a\" is not an int32: \"a\" at character 3, the end is expected"),
        (.int64, "", "\"\" is not an int64: it ends where a digit is expected"),
        (.bool, "o", "\"o\" is not a bool: true, false, yes, no, on, off, 1 or 0 is expected"),
        (.float64, "1e400", "\"1e400\" is not a float64: out of range (about 5e-324 to 1.8e+308)"),
        (.float32, "0x10", "\"0x10\" is not a float32: \"x\" at character 2, the end is expected"),
        (.numeric, "1,5", "\"1,5\" is not a numeric: \",\" at character 2, the end is expected"),
        (.date, "2023-02-29", "\"2023-02-29\" is not a date: there is no such day"),
        (
            .date, "3.4.2023",
            "\"3.4.2023\" is not a date: \"3\" at character 1, a date YYYY-MM-DD is expected"
        ),
        (.time, "25:00", "\"25:00\" is not a time: there is no such time of day"),
        (
            .timestamp, "2024-01-01 10:00 CET",
            "\"2024-01-01 10:00 CET\" is not a timestamp: \"C\" at character 18, a time, a zone offset or the end is expected"
        ),
        (.uuid, "a0eebc99", "\"a0eebc99\" is not a uuid: it ends where a hexadecimal digit is expected"),
        (.bytes, "\\x1", "\"\\x1\" is not a bytes: an odd number of hexadecimal digits"),
        (.json, "{\"a\":}", "\"{\"a\":}\" is not a json: \"}\" at character 6, a JSON value is expected"),
        (.jsonBinary, "\"\\u0000\"", "\"\"\\u0000\"\" is not a jsonb: \\u0000 cannot be kept in jsonb"),
    ])
    func `an error names the text, the type and the place`(
        type: ValueType,
        text: String,
        message: String
    ) {
        var bytes: [UInt8] = [7]
        let error = #expect(throws: ValueError.self) {
            try ValueText.parse(text, as: type, into: &bytes)
        }
        #expect(error?.description == message)
        #expect(bytes == [7], "nothing is appended")
    }

    @Test func `a long text is shortened in the error`() {
        let error = ValueError(type: .date, text: String(repeating: "ä", count: 100), reason: "so")
        #expect(error.text == String(repeating: "ä", count: 39) + "…")
    }

    @Test(arguments: [
        "0", "-0.5e+10", "\"\\u00e4\\n\"", " [ ] ", "{}", "[[],{}]", "{\"a\":[1,{\"b\":null}],\"c\":true}",
    ])
    func `JSON is accepted`(text: String) throws {
        #expect(rendered(try parsed(text, .json), .json) == text)
    }

    @Test(arguments: [
        "", "01", "1.", "tru", "[1,]", "[1 2]", "{\"a\"}", "{1:2}", "{\"a\":1,}", "]", "1 2", "\"a", "\"\\x\"",
        "\"\\u12g4\"", "\u{0B}1", "\"\n\"", "[", "{\"a\":1", "nan", "+1",
        String(repeating: "[", count: 100_000),
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: ValueError.self) { try parsed(text, .json) }
    }
}
