import Foundation
import Model
import Store
import Testing

struct LeadershipTests {
    @Test func `a second leader is refused and told who leads and where`() throws {
        let scratch = try Scratch()
        let first = try scratch.open()
        let early = #expect(throws: StoreError.self) { try scratch.open() }
        #expect(early == .locked(holder: "process \(getpid()), which is starting"))
        try first.announce(address: "http://127.0.0.1:7717", token: "secret")
        let late = #expect(throws: StoreError.self) { try scratch.open() }
        #expect(late == .locked(holder: "process \(getpid()) at http://127.0.0.1:7717"))
        #expect(first.epoch == 1)
    }

    @Test func `the refused one has not touched the epoch`() throws {
        let scratch = try Scratch()
        do {
            let first = try scratch.open()
            _ = #expect(throws: StoreError.self) { try scratch.open() }
            try first.apply([.putConnection(ConnectionSpec(name: "a", type: "sqlite", settings: [:]), at: .sample(0))])
        }
        #expect(try scratch.open().epoch == 2)
    }

    @Test func `who leads can be asked by anybody, and is nobody once the leader has gone`() throws {
        let scratch = try Scratch()
        #expect(SQLiteStore.leader(path: scratch.path) == nil)
        do {
            let store = try scratch.open()
            #expect(SQLiteStore.leader(path: scratch.path) == Leader(pid: getpid(), address: nil))
            try store.announce(address: "http://127.0.0.1:1", token: "a")
            try store.announce(address: "b:2", token: "c")
            #expect(SQLiteStore.leader(path: scratch.path) == Leader(pid: getpid(), address: "b:2", token: "c"))
        }
        #expect(SQLiteStore.leader(path: scratch.path) == nil)
    }

    @Test func `the lock file is for its owner only, also one that others could read before`() throws {
        let scratch = try Scratch()
        let lock = scratch.path + ".lock"
        #expect(FileManager.default.createFile(atPath: lock, contents: nil, attributes: [.posixPermissions: 0o644]))
        let store = try scratch.open()
        #expect(try FileManager.default.attributesOfItem(atPath: lock)[.posixPermissions] as? Int == 0o600)
        withExtendedLifetime(store) {}
    }

    @Test func `asking who leads never keeps a leader from taking over`() throws {
        let scratch = try Scratch()
        _ = try scratch.open()
        let done = Flag()
        let ended = Collected<Int>()
        // Holds the lock as `leader(path:)` does, half of the time.
        Thread {
            let descriptor = open(scratch.path + ".lock", O_RDONLY)
            var refusals = 0
            while !done.isSet {
                if flock(descriptor, LOCK_SH | LOCK_NB) != 0 { refusals += 1 }
                for _ in 0..<100 { _ = getppid() }
                flock(descriptor, LOCK_UN)
                for _ in 0..<100 { _ = getppid() }
            }
            close(descriptor)
            ended.add(refusals)
        }.start()
        for epoch in 2...40 {
            #expect(try scratch.open().epoch == UInt64(epoch))
        }
        done.set()
        #expect(ended.wait(count: 1).count == 1)
    }

    @Test func `a leader that was overtaken in spite of its lock writes nothing`() throws {
        let scratch = try Scratch()
        let first = try scratch.open()
        // As a lock that does not hold (a network file system, a restored copy) would let it happen.
        try FileManager.default.removeItem(atPath: scratch.path + ".lock")
        let second = try scratch.open()
        let connection = StoreChange.putConnection(
            ConnectionSpec(name: "a", type: "sqlite", settings: [:]),
            at: .sample(0)
        )
        let error = #expect(throws: StoreError.self) { try first.apply([connection]) }
        #expect(error == .failed(detail: "this process led epoch 1, the store is at 2: another one leads"))
        #expect(try second.connections().isEmpty)
        try second.apply([connection])
        #expect(try second.connections().count == 1)
    }
}
