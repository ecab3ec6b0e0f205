import Connectors
import Foundation
import Model
import SwiftProtobuf
import Wire

/// Work outside a run's way: looking at a connection, closing a gate, finding out what became of writes.
struct ErrandRunner {
    let outbox: Outbox
    let environment: [String: String]

    func execute(_ message: WireErrand) {
        var done = WireErrandDone.with { $0.errand = message.errand }
        do {
            let connection = try connection(of: message)
            switch message.kind {
            case .check:
                outbox.doing("checking connection \(connection.name)")
                done.json = try json(of: try check(connection))
            case .discover(let discover):
                outbox.doing("discovering connection \(connection.name)")
                done.json = try look(
                    at: connection,
                    stream: discover.stream.isEmpty ? nil : discover.stream
                )
            case .closeGate(let order):
                outbox.doing("closing the gate")
                try closeGate(order, at: connection)
            case .reconcile(let order):
                outbox.doing("reconciling")
                try reconcile(order, at: connection, into: &done)
            case .discard(let order):
                outbox.doing("removing what a run left")
                let (installation, run) = try ids(order.installation, order.run)
                let destination = try Registry.destination(for: connection)
                defer { destination.close() }
                try destination.discard(installation: installation, run: run)
            case nil:
                throw SluiceError(.internal, "an errand of a kind this worker does not know")
            }
        } catch {
            done.failure = WireFailure(SluiceError(describing: error))
        }
        outbox.post(.errandDone(done))
    }

    private func connection(of message: WireErrand) throws -> ResolvedConnection {
        let spec: ConnectionSpec
        do {
            spec = try JSONDecoder()
                .decode(ConnectionSpec.self, from: Data(message.connectionJson.utf8))
        } catch {
            throw SluiceError(.internal, "the connection of the errand cannot be read: \(error)")
        }
        return try ResolvedConnection(spec, environment: environment)
    }

    /// Proves that a connection can be used, and says what is to know of writing to it. Writes nothing.
    private func check(_ connection: ResolvedConnection) throws -> [String] {
        let kind = Registry.kinds.first { $0.type == connection.type }
        let isReadable = kind?.makeDestination == nil || kind?.makeSource != nil
        if isReadable {
            let source = try Registry.source(for: connection)
            defer { source.close() }
            try source.check()
        }
        guard kind?.makeDestination != nil else { return [] }
        let destination = try Registry.destination(for: connection)
        defer { destination.close() }
        do {
            return try destination.check()
        } catch let error as SluiceError where isReadable {
            return ["can be read, but not be written to: \(error.message)"]
        }
    }

    private func json(of value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }

    /// The streams of a connection as JSON; proves that it can be used. Writes nothing.
    private func look(at connection: ResolvedConnection, stream: String?) throws -> String {
        let kind = Registry.kinds.first { $0.type == connection.type }
        let found: [StreamDescription]
        if kind != nil, kind?.makeSource == nil {
            let destination = try Registry.destination(for: connection)
            defer { destination.close() }
            try destination.check()
            found = try destination.discover(stream: stream)
        } else {
            let source = try Registry.source(for: connection)
            defer { source.close() }
            try source.check()
            found = try source.discover(stream: stream)
        }
        return try json(of: found)
    }

    private func closeGate(_ order: WireCloseGate, at connection: ResolvedConnection) throws {
        let (installation, run) = try ids(order.installation, order.run)
        let attempts = try order.attempts.map(DoubtfulAttempt.init)
        let destination = try Registry.destination(for: connection)
        defer { destination.close() }
        try destination.closeGate(
            installation: installation,
            run: run,
            attempts: attempts.map(\.attempt),
            transactions: attempts.flatMap(\.transactions)
        )
    }

    /// Closes every fence before the first look at the evidence: what was found then is so for ever.
    private func reconcile(
        _ order: WireReconcile,
        at connection: ResolvedConnection,
        into done: inout WireErrandDone
    ) throws {
        let (installation, run) = try ids(order.installation, order.run)
        let attempts = try order.attempts.map(DoubtfulAttempt.init)
        let destination = try Registry.destination(for: connection)
        defer { destination.close() }
        guard type(of: destination).capabilities.hasFence || order.deathsProven else {
            throw SluiceError(
                .conflict,
                "connection \"\(connection.name)\" has no fence: run \(run) can be reconciled only when the "
                    + "deaths of its \(attempts.count) attempts' processes are proven",
                isRetriable: true
            )
        }
        for doubtful in attempts {
            try destination.closeFence(
                installation: installation,
                run: run,
                attempt: doubtful.attempt,
                transactions: doubtful.transactions
            )
            done.closedFences.append(doubtful.attempt.wire)
        }
        for doubtful in attempts {
            for write in doubtful.writes(installation: installation, run: run) {
                let evidence = try destination.evidence(of: write)
                done.evidence.append(WireWriteEvidence(evidence, of: write.identity.write))
            }
        }
    }

    private func ids(_ installation: Data, _ run: Data) throws -> (InstallationID, RunID) {
        guard let installation = InstallationID(bytes: installation), let run = RunID(bytes: run)
        else { throw SluiceError(.internal, "an errand with an id that does not have 16 bytes") }
        return (installation, run)
    }
}
