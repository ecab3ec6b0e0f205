import JobConfiguration
import Model
import Testing

@Suite struct ConfigurationTests {
    private static let whole = #"""
        connections:
          app:  { type: postgres, url: "${APP_DB_URL}" }
          shop: { type: sqlite, path: data/shop.db }
        jobs:
          contacts_to_shop:
            source: app
            destination: shop
            workers: 4
            batch: { records: 2000, bytes: 4MiB }
            rate_limit: 700/s
            deadline: 2m
            on_deadline: ask
            streams:
              - stream: public.contacts
                sync_mode: full_refresh
                write_mode: upsert
                key: [id]
                filter: "country = 'FR' and contact_email is not null"
                map:
                  email: contact_email
                  company: "{company_name} ({country})"
                  origin: { value: import }
                  name: { from: full_name, trim: true, case: lower, default: unknown }
                  score: { from: points, cast: integer, default: 0 }
                  nothing: { value: null }
                drop: [internal_note]
        """#

    @Test func `a whole configuration becomes connections and jobs`() throws {
        let configuration = try Configuration.parse(Self.whole, file: "sluice.yaml", folder: "/srv/etl")
        #expect(
            configuration.connections == [
                ConnectionSpec(name: "app", type: "postgres", settings: ["url": "${APP_DB_URL}"]),
                ConnectionSpec(name: "shop", type: "sqlite", settings: ["path": "/srv/etl/data/shop.db"]),
            ]
        )
        let stream = StreamSpec(
            stream: "public.contacts",
            destination: "contacts",
            key: ["id"],
            filter: "country = 'FR' and contact_email is not null",
            map: [
                FieldMapping(field: "email", origin: .column("contact_email")),
                FieldMapping(field: "company", origin: .template("{company_name} ({country})")),
                FieldMapping(field: "origin", origin: .constant(.text("import"))),
                FieldMapping(
                    field: "name",
                    origin: .column("full_name"),
                    trim: true,
                    letterCase: .lower,
                    fallback: .text("unknown")
                ),
                FieldMapping(field: "score", origin: .column("points"), fallback: .integer(0), cast: .integer),
                FieldMapping(field: "nothing", origin: .constant(.null)),
            ],
            drop: ["internal_note"]
        )
        let job = JobSpec(
            name: "contacts_to_shop",
            source: "app",
            destination: "shop",
            workers: 4,
            batch: BatchLimits(records: 2000, bytes: 4 << 20),
            rateLimit: 700,
            deadline: .seconds(120),
            onDeadline: .ask,
            streams: [stream]
        )
        #expect(configuration.jobs == [job])
        #expect(configuration.warnings.isEmpty)
    }

    @Test func `what is left out has its default`() throws {
        let configuration = try Configuration.parse(
            """
            connections: { a: { type: postgres, url: postgres://h/a }, b: { type: postgres, url: postgres://h/b } }
            jobs: { j: { source: a, destination: b, streams: [{ stream: public.t, key: [id] }] } }
            """,
            file: "f",
            folder: "/"
        )
        let stream = StreamSpec(stream: "public.t", destination: "public.t", key: ["id"])
        #expect(configuration.jobs == [JobSpec(name: "j", source: "a", destination: "b", streams: [stream])])
    }

    @Test func `a country code stays text and quotes make text of anything`() throws {
        let configuration = try Configuration.parse(
            """
            connections: { a: { type: sqlite, path: /a }, b: { type: sqlite, path: /b } }
            jobs:
              j:
                source: a
                destination: b
                streams:
                  - stream: t
                    key: [id]
                    map:
                      c: { value: no }
                      d: { value: "12" }
                      e: { value: -12 }
                      f: { value: 1.5e3 }
                      g: { value: false }
                      h: { value: 12:30 }
            """,
            file: "f",
            folder: "/"
        )
        let origins = configuration.jobs[0].streams[0].map.map(\.origin)
        let constants: [Constant] = [
            .text("no"), .text("12"), .integer(-12), .real(1500), .bool(false), .text("12:30"),
        ]
        #expect(origins == constants.map { .constant($0) })
    }

    @Test func `a secret file is found from the folder of the configuration`() throws {
        let configuration = try Configuration.parse(
            "connections: { a: { type: postgres, url: 'file:../secrets/url' } }",
            file: "f",
            folder: "/srv/etl"
        )
        #expect(configuration.connections[0].settings == ["url": "file:/srv/secrets/url"])
    }

    @Test(
        arguments: [
            "postgres://ada:hunter2@db/app", "postgres://db/app?user=ada&password=hunter2",
            "host=db user=ada password=hunter2",
        ]
    )
    func `a password in clear is warned of`(url: String) throws {
        let text = "connections:\n  app:\n    type: postgres\n    url: \(url)\n"
        let configuration = try Configuration.parse(text, file: "sluice.yaml", folder: "/")
        #expect(
            configuration.warnings.map(\.description) == [
                "sluice.yaml:4:10: connections.app.url: a password in clear; better ${NAME}, or file:PATH for the "
                    + "whole value"
            ]
        )
    }

    @Test func `a password from the environment is not warned of`() throws {
        let text = "connections: { app: { type: postgres, url: 'postgres://ada:${PASSWORD}@db/app' } }"
        #expect(try Configuration.parse(text, file: "f", folder: "/").warnings.isEmpty)
    }

    @Test func `two streams into one table are warned of`() throws {
        let configuration = try Configuration.parse(
            """
            connections: { a: { type: sqlite, path: /a }, b: { type: sqlite, path: /b } }
            jobs:
              j:
                source: a
                destination: b
                streams:
                  - { stream: t, key: [id], destination: x }
                  - { stream: u, key: [id], destination: x }
            """,
            file: "f",
            folder: "/"
        )
        #expect(
            configuration.warnings.map(\.description) == ["f:8:9: jobs.j.streams[1]: \"t\" and \"u\" both write \"x\""]
        )
    }

    @Test func `a table that is mirrored to takes one stream, and a share of it is from 0 to 1`() throws {
        func mistakes(_ first: String, _ second: String) throws -> String {
            let text = """
                connections: { a: { type: sqlite, path: a }, b: { type: sqlite, path: b } }
                jobs:
                  j:
                    source: a
                    destination: b
                    streams:
                      - { stream: t, key: [id], destination: x\(first) }
                      - { stream: u, key: [id], destination: x\(second) }
                """
            do {
                _ = try Configuration.parse(text, file: "f", folder: "/")
                return ""
            } catch {
                return "\(error)"
            }
        }
        for modes in [(", write_mode: mirror", ""), ("", ", write_mode: mirror")] {
            let found = try mistakes(modes.0, modes.1)
            #expect(found.contains("a table that is mirrored to takes one stream"), "\(found)")
        }
        let share = try mistakes(", write_mode: mirror, max_deletes: 1%", "")
        #expect(share.contains("expected a share from 0 to 1, such as 0.01 for a hundredth, found \"1%\""), "\(share)")
        let upsert = try mistakes(", max_deletes: 0.5", "")
        #expect(upsert.contains("only write_mode: mirror deletes; this stream's is upsert"), "\(upsert)")
    }
}
