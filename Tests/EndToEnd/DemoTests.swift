import Drivers
import Foundation
import TestSupport
import Testing

/// What `Deploy/quickstart` shows, as it is started there: in a directory that is named relative to the current one.
@MainActor @Suite struct DemoTests {
    @Test func `the demo ends with verdicts that equal the destination`() throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.file("demo")
        let here = FileManager.default.currentDirectoryPath
        let upwards = String(repeating: "../", count: here.split(separator: "/").count)
        let demo = try Terminal(["demo", "--directory", upwards + path.dropFirst()])
        let status = try demo.exitStatus()
        #expect(status == 0, "\(demo.text)")
        #expect(demo.text.contains("Run 1 of contacts: cancelled (force)"), "\(demo.text)")
        #expect(demo.text.contains("Records whose verdict and destination disagree: 0"), "\(demo.text)")
        let crm = try SQLiteConnection(path: "\(path)/crm.db", access: .readOnly, busyTimeout: .seconds(5))
        let damaged = try crm.statement("SELECT count(*) FROM contacts WHERE email NOT LIKE '%@%'")
        #expect(try damaged.step())
        #expect((8_400..<80_000).contains(damaged.integer(at: 0)))
    }
}
