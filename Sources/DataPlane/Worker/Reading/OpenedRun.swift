import Connectors
import Drivers
import Foundation
import Model
import SwiftProtobuf
import Wire

/// Both ends of a run, connected, and its streams, resolved. It belongs to the work thread.
final class OpenedRun {
    let id: RunID
    let installation: InstallationID
    let source: any Source
    private(set) var destination: any Destination
    private let destinationConnection: ResolvedConnection
    /// Both ends are systems of one kind: they name types alike.
    private let joinsOneKind: Bool
    private var isBroken = false
    private(set) var streams: [UInt32: OpenedStream] = [:]

    /// Connects, opens the snapshot and the gate and resolves the streams.
    ///
    /// - Returns: the run and the answer for the coordinator.
    /// - Throws: `SluiceError` naming the connection, stream or column that does not fit.
    static func open(
        _ message: WireOpenRun,
        environment: [String: String]
    ) throws -> (OpenedRun, WireRunOpened) {
        let job: JobSpec = try Self.decode(message.jobJson, as: "job")
        let run = try OpenedRun(message, environment: environment)
        do {
            return (run, try run.open(message, job: job))
        } catch {
            run.source.close()
            run.destination.close()
            throw error
        }
    }

    private func open(_ message: WireOpenRun, job: JobSpec) throws -> WireRunOpened {
        let token = try source.openSnapshot(
            adopting: message.snapshot.isEmpty ? nil : message.snapshot
        )
        try destination.openGate(installation: installation, run: id)
        var answer = WireRunOpened.with {
            $0.run = message.run
            $0.snapshot = token ?? ""
            $0.singleWriter = type(of: destination).capabilities.isSingleWriter
        }
        for index in message.streamIndexes {
            guard job.streams.indices.contains(Int(index)) else {
                throw SluiceError(
                    .internal,
                    "job \(job.name) has \(job.streams.count) streams; there is no number \(index)"
                )
            }
            let stream = try OpenedStream(
                job.streams[Int(index)],
                index: index,
                of: RunContext(installation: installation, id: id, job: job.name, joinsOneKind: joinsOneKind),
                source: source,
                destination: destination
            )
            streams[index] = stream
            answer.streams.append(stream.summary)
        }
        return answer
    }

    /// Who writes, under a write id of its own.
    func identity(of attempt: AttemptID) -> WriteIdentity {
        let now = Timestamp(microseconds: SystemClock.wallMicroseconds())
        return WriteIdentity(
            installation: installation,
            run: id,
            attempt: attempt,
            write: .make(milliseconds: now.milliseconds)
        )
    }

    /// The destination's connection is gone; the next batch connects anew.
    func destinationBroke() {
        isBroken = true
    }

    /// Connects anew where the connection broke.
    private func mendDestination() throws {
        guard isBroken else { return }
        destination.close()
        destination = try Registry.destination(for: destinationConnection)
        try destination.openGate(installation: installation, run: id)
        for stream in streams.values {
            try stream.resolveAgain(at: destination)
        }
        isBroken = false
    }

    func ledgerDestination() throws -> any LedgerDestination {
        try mendDestination()
        guard let keeper = destination as? any LedgerDestination else {
            throw SluiceError(.internal, "deletes at a destination that keeps no account of keys")
        }
        return keeper
    }

    /// Leaves an open fence for the attempt at the destination.
    func openFence(of attempt: AttemptID) throws {
        try mendDestination()
        do {
            try destination.openFence(identity(of: attempt))
        } catch let error as SluiceError where error.isRetriable {
            isBroken = true
            throw error
        }
    }

    private init(_ message: WireOpenRun, environment: [String: String]) throws {
        guard let id = RunID(bytes: message.run),
            let installation = InstallationID(bytes: message.installation)
        else { throw SluiceError(.internal, "OpenRun with an id that does not have 16 bytes") }
        self.id = id
        self.installation = installation
        let sourceConnection = try ResolvedConnection(
            Self.decode(message.sourceJson, as: "source"),
            environment: environment
        )
        destinationConnection = try ResolvedConnection(
            Self.decode(message.destinationJson, as: "destination"),
            environment: environment
        )
        joinsOneKind = sourceConnection.type == destinationConnection.type
        source = try Registry.source(for: sourceConnection)
        destination = try Registry.destination(for: destinationConnection)
    }

    private static func decode<Value: Decodable>(_ json: String, as what: String) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(json.utf8))
        } catch {
            throw SluiceError(.internal, "the \(what) in OpenRun cannot be read: \(error)")
        }
    }
}

extension ResolvedConnection {
    /// Resolved in this process: only here secrets are in clear.
    init(_ spec: ConnectionSpec, environment: [String: String]) throws {
        try self.init(spec, environment: environment) { path in
            try String(contentsOfFile: path, encoding: .utf8)
                .trimmingCharacters(in: .newlines)
        }
    }
}
