import JobConfiguration
import Model
import Testing

/// Each kind of mistake, with the whole message that a person reads.
@Suite struct MistakeTests {
    /// A configuration with one stream whose lines from 9 on are `lines`, indented as its keys.
    private func stream(_ lines: String...) -> String {
        """
        connections:
          app: { type: postgres, url: "${APP}" }
          shop: { type: sqlite, path: shop.db }
        jobs:
          j:
            source: app
            destination: shop
            streams:
              - stream: public.contacts

        """ + lines.map { "        \($0)\n" }.joined()
    }

    /// A job whose lines from 6 on are `lines`.
    private func job(_ lines: String...) -> String {
        """
        connections:
          app: { type: postgres, url: "${APP}" }
          shop: { type: sqlite, path: shop.db }
        jobs:
          j:

        """ + lines.map { "    \($0)\n" }.joined()
    }

    private func messages(_ text: String) -> [String] {
        do {
            _ = try Configuration.parse(text, file: "sluice.yaml", folder: "/srv")
            return []
        } catch let error as ConfigurationError {
            return error.mistakes.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `an unknown key names the one that was probably meant`() {
        #expect(
            messages(stream("key: [id]", "map:", "  email: { form: contact_email, value: x }")) == [
                "sluice.yaml:12:20: jobs.j.streams[0].map.email.form: unknown key \"form\"; did you mean \"from\"?; "
                    + "allowed: from, value, trim, case, default, cast"
            ]
        )
        #expect(
            messages("conections: {}\n") == [
                "sluice.yaml:1:1: conections: unknown key \"conections\"; did you mean \"connections\"?; "
                    + "allowed: connections, jobs"
            ]
        )
    }

    @Test func `a key of a later version is not taken for a misspelling`() {
        let text = job(
            "source: app",
            "destination: shop",
            "schedule: every 15m",
            "streams: [{ stream: t, key: [id] }]"
        )
        #expect(
            messages(text) == [
                "sluice.yaml:8:5: jobs.j.schedule: \"schedule\" is not supported yet; allowed: source, destination, "
                    + "workers, batch, rate_limit, deadline, on_deadline, ordered, streams"
            ]
        )
        #expect(
            messages(stream("key: [id]", "sync_mode: incremental")) == [
                "sluice.yaml:11:20: jobs.j.streams[0].sync_mode: \"incremental\" is not supported yet; "
                    + "allowed: full_refresh"
            ]
        )
    }

    @Test func `all mistakes of a file are reported together in its order`() {
        let text = job(
            "source: ap",
            "destination: shop",
            "workers: many",
            "batch: { records: 9000, bytes: 1GiB }",
            "rate_limit: 700",
            "deadline: soon",
            "on_deadline: forse",
            "streams:",
            "  - { stream: t, key: id, drop: note, map: { a: [b], c: { trim: yes } } }"
        )
        #expect(
            messages(text) == [
                "sluice.yaml:6:13: jobs.j.source: connection \"ap\" is not under connections; did you mean \"app\"?; "
                    + "there are: app, shop",
                "sluice.yaml:8:14: jobs.j.workers: expected a whole number from 1 to 64, found \"many\"",
                "sluice.yaml:9:23: jobs.j.batch.records: expected a whole number from 1 to 5000, found 9000",
                "sluice.yaml:9:36: jobs.j.batch.bytes: expected a size such as 512KiB or 8MiB, from 1KiB to 8MiB, "
                    + "found \"1GiB\"",
                "sluice.yaml:10:17: jobs.j.rate_limit: expected a rate in records such as 700/s, 100/m or 5000/h, "
                    + "at most 1000000000/s, found 700",
                "sluice.yaml:11:15: jobs.j.deadline: expected a duration such as 500ms, 60s, 2m or 1h, at most 24h, "
                    + "found \"soon\"",
                "sluice.yaml:12:18: jobs.j.on_deadline: unknown value \"forse\"; did you mean \"force\"?; "
                    + "allowed: force, ask",
                "sluice.yaml:14:27: jobs.j.streams[0].key: expected a list, found \"id\"",
                "sluice.yaml:14:37: jobs.j.streams[0].drop: expected a list, found \"note\"",
                "sluice.yaml:14:53: jobs.j.streams[0].map.a: expected a column, a template, or keys such as from or "
                    + "value; found a list",
                "sluice.yaml:14:61: jobs.j.streams[0].map.c: \"from\" (a column or a template) or \"value\" "
                    + "(a constant) is missing; required: one of them",
                "sluice.yaml:14:69: jobs.j.streams[0].map.c.trim: expected true or false, found \"yes\"",
            ]
        )
    }

    @Test func `an upsert without a key is refused`() {
        #expect(
            messages(stream("drop: [note]")) == [
                "sluice.yaml:9:9: jobs.j.streams[0]: \"key\" is missing; write mode upsert needs the destination "
                    + "fields that identify a record, for example key: [id]"
            ]
        )
    }

    @Test func `a key that identifies nothing is refused`() {
        #expect(
            messages(stream("key: []")) == [
                "sluice.yaml:10:14: jobs.j.streams[0].key: expected at least one field, found an empty list"
            ]
        )
        #expect(
            messages(stream("key: [id, id]")) == [
                "sluice.yaml:10:14: jobs.j.streams[0].key: field \"id\" is there twice"
            ]
        )
        #expect(
            messages(stream("key: [id]", "drop: [id]")) == [
                "sluice.yaml:10:14: jobs.j.streams[0].key: key field \"id\" is dropped and not mapped"
            ]
        )
        #expect(
            messages(stream("key: [id]", "map: { id: { value: 1 } }")) == [
                "sluice.yaml:10:14: jobs.j.streams[0].key: every record would have the same key: id is constant"
            ]
        )
    }

    @Test func `a filter that cannot be read is refused with the place in it`() {
        #expect(
            messages(stream("key: [id]", "filter: country = and x = 1")) == [
                "sluice.yaml:11:17: jobs.j.streams[0].filter: filter, character 11: found and, allowed: a number, "
                    + "a text in single quotes, true or false"
            ]
        )
    }

    @Test func `a template whose braces do not match is refused`() {
        #expect(
            messages(stream("key: [id]", "map: { a: '{b', b: 'c}', c: '{}', d: '{{ok}} {x}' }")) == [
                "sluice.yaml:11:19: jobs.j.streams[0].map.a: the { at character 1 is not closed; a brace is {{",
                "sluice.yaml:11:28: jobs.j.streams[0].map.b: the } at character 2 closes nothing; a brace is }}",
                "sluice.yaml:11:37: jobs.j.streams[0].map.c: a column name is expected after the { at character 1",
            ]
        )
    }

    @Test func `a constant without its key word is refused`() {
        #expect(
            messages(stream("key: [id]", "map: { a: 5 }")) == [
                "sluice.yaml:11:19: jobs.j.streams[0].map.a: expected a column or a template, found 5; "
                    + "write { value: … } for a constant"
            ]
        )
        #expect(
            messages(stream("key: [id]", "map: { a: { from: b, value: 5 } }")) == [
                "sluice.yaml:11:19: jobs.j.streams[0].map.a: \"from\" and \"value\" exclude one another; allowed: one of them"
            ]
        )
    }

    @Test func `what must be there is asked for`() {
        #expect(
            messages(job("source: app")) == [
                "sluice.yaml:6:5: jobs.j: \"destination\" is missing; required: source, destination, streams",
                "sluice.yaml:6:5: jobs.j: \"streams\" is missing; required: source, destination, streams",
            ]
        )
        #expect(
            messages("connections: { a: { type: postgres }, b: { url: x } }") == [
                "sluice.yaml:1:19: connections.a: \"url\" is missing; required: url",
                "sluice.yaml:1:42: connections.b: \"type\" is missing; allowed: csv, jsonl, postgres, sqlite",
            ]
        )
    }

    @Test func `an unknown type of connection is refused`() {
        #expect(
            messages("connections: { a: { type: postgre, url: x } }") == [
                "sluice.yaml:1:27: connections.a.type: unknown type \"postgre\"; did you mean \"postgres\"?; "
                    + "allowed: csv, jsonl, postgres, sqlite"
            ]
        )
    }

    @Test func `a job that uses a mistaken connection is not blamed`() {
        let text = """
            connections: { a: { type: oracle }, b: { type: sqlite, path: b } }
            jobs: { j: { source: a, destination: b, streams: [{ stream: t, key: [id] }] } }
            """
        #expect(
            messages(text) == [
                "sluice.yaml:1:27: connections.a.type: unknown type \"oracle\"; allowed: csv, jsonl, postgres, sqlite"
            ]
        )
    }

    @Test func `a table is not written onto itself`() {
        let text = """
            connections: { a: { type: postgres, url: x }, b: { type: postgres, url: x } }
            jobs:
              j: { source: a, destination: a, streams: [{ stream: public.t, key: [id], destination: t }] }
              k: { source: a, destination: b, streams: [{ stream: t, key: [id] }] }
            """
        #expect(
            messages(text) == [
                "sluice.yaml:3:89: jobs.j.streams[0].destination: \"public.t\" would be written onto itself: source and "
                    + "destination are connection \"a\"",
                "sluice.yaml:4:45: jobs.k.streams[0]: \"t\" would be written onto itself: source and destination are "
                    + "connections \"a\" and \"b\", which are the same system",
            ]
        )
    }

    @Test func `malformed YAML is reported with line and column`() {
        #expect(
            messages("jobs:\n  j: [a\n  k: b\n") == [
                "sluice.yaml:3:4: not valid YAML: did not find expected ',' or ']' (while parsing a flow sequence, "
                    + "line 2)"
            ]
        )
        #expect(
            messages("jobs:\n\tj: a\n") == [
                "sluice.yaml:2:1: not valid YAML: found a tab; allowed: spaces"
            ]
        )
        #expect(
            messages("jobs: {}\n---\njobs: {}\n") == [
                "sluice.yaml:2:1: not valid YAML: but found another document (expected a single document in the "
                    + "stream, line 1)"
            ]
        )
    }

    @Test func `a key that is given twice is refused`() {
        #expect(
            messages("jobs: {}\nconnections: {}\njobs: {}\n") == [
                "sluice.yaml:3:1: jobs: the key \"jobs\" is given more than once; allowed: once"
            ]
        )
    }

    @Test func `an empty file and a file that is no mapping are refused`() {
        #expect(messages("# nothing\n") == ["sluice.yaml: the file is empty; expected connections and jobs"])
        #expect(messages("- a\n") == ["sluice.yaml:1:1: expected keys with values, found a list"])
    }

    @Test func `a reference that is not closed is refused`() {
        #expect(
            messages("connections: { a: { type: postgres, url: '${APP' } }") == [
                "sluice.yaml:1:42: connections.a.url: \"${\" is not closed; expected ${NAME}, the name of an environment "
                    + "variable"
            ]
        )
    }

    @Test func `a name that could not stand in a command is refused`() {
        #expect(
            messages("connections: { 'my db': { type: sqlite, path: x } }") == [
                "sluice.yaml:1:25: connections.my db: \"my db\" cannot name a connection; allowed: letters, digits, "
                    + "\"_\", \"-\" and \".\", first a letter, at most 63 characters"
            ]
        )
    }

    @Test func `the same stream twice is refused`() {
        let text = stream("key: [id]") + "      - stream: public.contacts\n        key: [id]\n"
        #expect(
            messages(text) == [
                "sluice.yaml:11:9: jobs.j.streams[1]: stream \"public.contacts\" to \"contacts\" is there twice"
            ]
        )
    }

    @Test func `a file that is not there is named`() {
        #expect {
            try Configuration.load(path: "/nowhere/sluice.yaml")
        } throws: { error in
            "\(error)" == "/nowhere/sluice.yaml: the configuration file does not exist"
        }
    }
}
