import Client
import Foundation
import Model
import Synchronization
import Testing

@Suite struct ExportTests {
    private func export(
        _ service: FakeService,
        as format: Client.ExportFormat,
        limit: Int? = nil
    ) async throws -> String {
        try await served(service) { (client: Client) throws in
            var bytes: [UInt8] = []
            try client.export(RecordQuery(run: identifier(7)), limit: limit, as: format) { bytes += $0 }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test func `JSON Lines hold every record exactly, over all pages`() async throws {
        let text = try await export(FakeService(records: 4_500), as: .jsonl)
        let decoder = APICoding.decoder()
        let records = try text.split(separator: "\n").map {
            try decoder.decode(RecordView.self, from: Data($0.utf8))
        }
        #expect(records == (0..<4_500).map { RecordView.sample(number: $0) })
    }

    @Test func `an export stops at its limit`() async throws {
        let service = FakeService(records: 4_500)
        let text = try await export(service, as: .jsonl, limit: 2_010)
        #expect(text.split(separator: "\n").count == 2_010)
        #expect(service.asked.suffix(2) == ["records    - - from - limit 2000", "records    - - from 2000 limit 10"])
    }

    @Test func `CSV tells NULL from the empty text and quotes what needs it`() async throws {
        let text = try await export(FakeService(records: 10), as: .csv)
        let lines = text.components(separatedBy: "\r\n")
        let tail = "01900000-0000-7000-8000-000000000001,01900000-0000-7000-8000-000000000002"
        #expect(
            lines[0] == "stream,target,key,operation,verdict,field,before,after,rejection_code,rejection_field,"
                + "rejection_reason,batch,write,at"
        )
        #expect(lines[1] == "contacts,contacts,0,update,applied,email,,\"a,\"\"b\"\"")
        #expect(lines[2] == "\t\\ é\u{1}\",,,,\(tail),1763800000123456")
        #expect(lines[3] == "contacts,contacts,1,update,applied,email,\"\",info@acme1.com,,,,\(tail),1763800000123456")
        #expect(
            lines[11] == "contacts,contacts,9,reject,rejected,,,,cast,score,\"\"\"many\"\" is not an integer\",\(tail),"
        )
        #expect(lines[12].isEmpty)
        #expect(lines.count == 13)
    }

    @Test func `an export that breaks off is an error and not a short file`() async throws {
        let service = FakeService(records: 4_500)
        service.memory.withLock { $0.breaksAt = "4000" }
        try await served(service) { (client: Client) throws in
            var count = 0
            #expect(
                throws: SluiceError(.unreachable, "the server went wrong: it broke off its answer", isRetriable: true)
            ) {
                try client.export(RecordQuery(run: identifier(7)), limit: nil, as: .jsonl) { count += $0.count }
            }
            #expect(count > 0)
        }
    }
}
