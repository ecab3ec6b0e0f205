import Foundation
import GRDB
import Model
import Testing

@testable import Store

struct FullDiskTests {
    @Test func `a store that cannot grow says so, loses nothing and takes the cancel once there is room`() throws {
        let scratch = try Scratch()
        let store = try scratch.open()
        var sample = Sample()
        try store.apply(sample.beginning + [.insertAttempt(sample.attempt(1))])
        let limit = { (pages: Int) in
            try store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
        }
        let pages = try store.pool.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
        try limit(pages)
        let before = try StoreConformance.everything(store, run: sample.run.id)
        let large = sample.write(1, attempt: sample.attempt(1), segment: Array(repeating: 7, count: 1 << 20))
        let error = #expect(throws: StoreError.self) { try store.apply([.insertWrite(large)]) }
        #expect(error == .full(path: scratch.path))
        #expect(try StoreConformance.everything(store, run: sample.run.id) == before)
        try limit(pages + 1_000)
        sample.run.state = .terminating
        try store.apply([.updateRun(sample.run, from: .running)])
        #expect(try store.run(number: 1)?.state == .terminating)
    }

    @Test func `the reserve of 16 MiB is there from the opening on, freed once, and made again`() throws {
        let scratch = try Scratch()
        let reserve = scratch.path + ".reserve"
        let size = { try FileManager.default.attributesOfItem(atPath: reserve)[.size] as? Int }
        do {
            let store = try scratch.open()
            #expect(try size() == 16 << 20)
            #expect(store.freeReserve())
            #expect(!FileManager.default.fileExists(atPath: reserve))
            #expect(!store.freeReserve())
        }
        let again = try scratch.open()
        #expect(try size() == 16 << 20)
        #expect(again.freeReserve())
    }
}
