/// Every type of PostgreSQL that the note names, with the values at its edges.
struct TypeSample: Sendable {
    /// As a column is declared.
    var type: String
    /// SQL literals without quotes; nil: NULL.
    var values: [String?]
    /// What SQLite's column is declared as to hold every value.
    var lite: String
    /// The cast by which the value comes back from there.
    var castBack: String?

    init(_ type: String, _ values: [String?], lite: String = "TEXT", castBack: String? = nil) {
        self.type = type
        self.values = values + [nil]
        self.lite = lite
        self.castBack = castBack
    }

    /// Types of the databases on both sides.
    static let definitions = """
        CREATE TYPE mood AS ENUM ('sad', '', 'odd "one"', 'it''s', 'a,b', ' {x} ', 'grüße', 'NULL');
        CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
        CREATE DOMAIN short AS varchar(3) CHECK (VALUE <> 'bad');
        CREATE DOMAIN amount AS numeric(12,4);
        CREATE DOMAIN dearer AS amount CHECK (VALUE > 1);
        CREATE DOMAIN gladness AS mood CHECK (VALUE <> 'sad');
        CREATE DOMAIN few AS integer[] CHECK (cardinality(VALUE) < 4);
        CREATE TYPE pair AS (a integer, "b c" text, d timestamptz);
        CREATE TYPE span AS RANGE (subtype = float8);
        """

    static let all: [TypeSample] = numbers + texts + times + documents + collections + ownTypes + networks

    private static let numbers = [
        TypeSample("smallint", ["-32768", "32767", "0"], lite: "INTEGER"),
        TypeSample("integer", ["-2147483648", "2147483647", "0"], lite: "INTEGER"),
        TypeSample("bigint", ["-9223372036854775808", "9223372036854775807", "0"], lite: "INTEGER"),
        TypeSample(
            "numeric",
            [
                "0", "0.00", "1.500", "-0.0001", "NaN", "Infinity", "-Infinity", "9999.9999", "10000", "1e131071",
                "1e-16383",
                "123456789012345678901234567890.000100",
            ]
        ),
        TypeSample("numeric(12,4)", ["12345678.1234", "-0.5", "0", "NaN"]),
        TypeSample("numeric(5,-2)", ["1234567", "-100", "0"]),
        TypeSample("numeric(3,5)", ["0.00123", "-0.00999"]),
        TypeSample(
            "real",
            ["1.17549435e-38", "3.4028235e+38", "1e-45", "-0.5", "0.1"],
            lite: "REAL",
            castBack: "number"
        ),
        TypeSample("real", ["NaN", "Infinity", "-Infinity", "-0"]),
        TypeSample(
            "double precision",
            ["2.2250738585072014e-308", "1.7976931348623157e+308", "5e-324", "0.1", "9007199254740993", "Infinity"],
            lite: "REAL"
        ),
        TypeSample("double precision", ["NaN", "Infinity", "-Infinity", "-0", "0.1"]),
        TypeSample("boolean", ["t", "f"], lite: "BOOLEAN"),
        TypeSample("money", ["12.34", "-92233720368547758.08", "92233720368547758.07", "0"]),
        TypeSample("oid", ["0", "4294967295"]),
    ]

    private static let texts = [
        TypeSample(
            "text",
            ["", " ", "grüße 🙂", "it's \"quoted\" \\ and\ttabbed\nlines", "NULL", "\\N", "\u{1}\u{7F}"]
        ),
        TypeSample("varchar(5)", ["", "äöüß€", "a    "]),
        TypeSample("char(6)", ["", "c", "äöüß€ ", "  x"]),
        TypeSample("char", ["", "ß"]),
        TypeSample("\"char\"", ["a", "", "\\377"]),
        TypeSample("name", ["", "a name", "Ünique"]),
        TypeSample("bytea", ["\\x", "\\x00", "\\x00ff5c27", "\\xdeadbeef"], lite: "BLOB"),
        TypeSample("uuid", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
        TypeSample("xml", ["<a b=\"1\">x &amp; y</a>", "", "<?xml version=\"1.0\"?><r/>"]),
        TypeSample("tsvector", ["", "'a':1A 'fat':2,4 'it''s':3B", "'x\\\\y'"]),
        TypeSample("tsquery", ["'fat' & ( 'rat' | !'cat' )", "'a' <-> 'b'", ""]),
    ]

    private static let times = [
        TypeSample(
            "date",
            ["4713-11-24 BC", "5874897-12-31", "infinity", "-infinity", "0001-12-31 BC", "2000-02-29", "1999-12-31"]
        ),
        TypeSample("time", ["00:00", "24:00:00", "23:59:59.999999"]),
        TypeSample("time(3)", ["12:00:00.123"]),
        TypeSample("timetz", ["00:00:00+15:59:59", "24:00:00-15:59:59", "12:00:00.000001+05:30"]),
        TypeSample(
            "timestamp",
            [
                "4713-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999", "infinity", "-infinity",
                "1999-12-31 23:59:59.999999",
                "2000-01-01 00:00:00", "0044-03-15 12:00:00 BC",
            ]
        ),
        TypeSample("timestamp(3)", ["1999-12-31 23:59:59.999"]),
        TypeSample(
            "timestamptz",
            [
                "4713-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00", "infinity", "-infinity",
                "2024-02-29 12:00:00.000001+05", "1900-01-01 00:00:00 Europe/Amsterdam",
            ]
        ),
        TypeSample(
            "interval",
            [
                "0", "-1 mons +3 days -04:05:06.7", "1 mon -1 day", "178000000 years", "-178000000 years", "30 days",
                "1 mon",
                "24:00:00", "1 day", "-00:00:00.000001", "2562047788:00:54.775807",
            ]
        ),
        TypeSample("interval(3)", ["1 day 00:00:00.123"]),
        TypeSample("interval day to hour", ["3 days 04:00"]),
    ]

    private static let documents = [
        TypeSample(
            "json",
            [
                " { \"b\" : 1,  \"a\":2, \"a\": 3 } ", "null", "\"\\u0000\"", "[1.00, 1e2, \"\\ud83d\\ude00\"]", "{}",
                "\"\"",
            ],
            lite: "JSON TEXT"
        ),
        TypeSample(
            "jsonb",
            [" { \"b\" : 1,  \"a\":2, \"a\": 3 } ", "null", "[1.00, 1e2, \"\\ud83d\\ude00\"]", "{}", "\"\""]
        ),
        TypeSample("jsonpath", ["$.\"a b\"[*]?(@ > 1)"]),
    ]

    private static let collections = [
        TypeSample("integer[]", ["{}", "{1,NULL,3}", "[2:4]={1,2,3}", "{{1,2},{3,4}}", "[0:0][5:6]={{1,2}}"]),
        TypeSample("text[]", ["{}", "{\"a,b\",\"\\\"q\\\"\",NULL,\"NULL\",\"\",\" \",\"\\\\\",\"{}\"}", "{grüße}"]),
        TypeSample("double precision[]", ["{0.1,1e300,NaN,-Infinity,-0}"]),
        TypeSample("numeric(8,3)[]", ["{1.500,NaN}"]),
        TypeSample("timestamptz[]", ["{\"2024-02-29 12:00:00.000001+05\",infinity,NULL}"]),
        TypeSample("bytea[]", ["{\"\\\\x00ff\",\"\\\\x\"}"]),
        TypeSample("varchar(3)[]", ["{abc,\"\",NULL}"]),
        TypeSample("boolean[]", ["{t,f,NULL}"]),
        TypeSample("uuid[]", ["{00000000-0000-0000-0000-0000000000ff}"]),
        TypeSample("jsonb[]", ["{\"{\\\"a\\\": [1, \\\"x,y\\\"]}\",null,\"null\"}"]),
        TypeSample("interval[]", ["{\"-1 mons +3 days -04:05:06.7\"}"]),
        TypeSample("int4range", ["empty", "[1,5)", "(,)", "[,7]"]),
        TypeSample("numrange", ["[1.50,2.00]", "(,NaN)"]),
        TypeSample("tstzrange", ["[\"2024-01-01 00:00:00+00\",)", "[-infinity,infinity]"]),
        TypeSample("daterange[]", ["{\"[2024-01-01,2024-02-01)\",empty}"]),
        TypeSample("datemultirange", ["{}", "{[2024-01-01,2024-02-01),[2025-01-01,)}"]),
        TypeSample("span", ["[0.1,1e300)"]),
        TypeSample("int2vector", ["1 2 3"]),
    ]

    private static let ownTypes = [
        TypeSample("mood", ["sad", "", "odd \"one\"", "it's", "a,b", " {x} ", "grüße", "NULL"]),
        TypeSample("mood[]", ["{sad,\"\",\"odd \\\"one\\\"\",\"a,b\",\" {x} \",NULL,\"NULL\"}"]),
        TypeSample("positive", ["1", "2147483647"], lite: "INTEGER"),
        TypeSample("short", ["", "äöü"]),
        TypeSample("amount", ["12345678.1234", "0.5"]),
        TypeSample("dearer", ["1.0001", "99999999.9999"]),
        TypeSample("gladness", ["it's"]),
        TypeSample("few", ["{1,NULL,3}", "{}"]),
        TypeSample("positive[]", ["{1,NULL,3}"]),
        TypeSample("pair", ["(1,\"x, \\\"y\\\" (z)\",\"2024-01-01 00:00:00+00\")", "(,,)", "(2,\"\",infinity)"]),
        TypeSample("pair[]", ["{\"(1,\\\"a b\\\",)\",NULL}"]),
    ]

    private static let networks = [
        TypeSample("inet", ["10.0.0.1/8", "10.0.0.1", "::1", "2001:db8::/32"]),
        TypeSample("cidr", ["10.0.0.0/8", "2001:db8::/32"]),
        TypeSample("macaddr", ["08:00:2b:01:02:03"]),
        TypeSample("macaddr8", ["08:00:2b:01:02:03:04:05"]),
        TypeSample("bit(5)", ["10101", "00000"]),
        TypeSample("varbit(9)", ["", "1", "101010101"]),
        TypeSample("point", ["(1.5,-2)", "(NaN,1e-300)"]),
        TypeSample("line", ["{1,-1,0.5}"]),
        TypeSample("box", ["(1,1),(0,0.1)"]),
        TypeSample("path", ["[(0,0),(1,1)]", "((0,0),(1,1))"]),
        TypeSample("polygon", ["((0,0),(1,1),(2,0))"]),
        TypeSample("circle", ["<(0,0),1.5>"]),
        TypeSample("pg_lsn", ["16/B374D848"]),
    ]
}
