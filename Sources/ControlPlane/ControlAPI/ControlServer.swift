public import Coordinator
import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import Model
import NIOCore

/// Serves `/api/v1` on a loopback address until the task is cancelled.
///
/// - Parameters:
///   - service: what the routes ask; see `ControlService`.
///   - host: `127.0.0.1`, `localhost` or `::1`; anything else is refused, because the API is not encrypted.
///   - port: 0 chooses a free one.
///   - token: what every request must carry as `Authorization: Bearer TOKEN`.
///   - onReady: called once with the address that clients use, `http://127.0.0.1:7584`, when requests are answered.
/// - Throws: `SluiceError`: `invalid` for a host that is not loopback, `conflict` for a port in use.
public func serveAPI(
    service: any ControlService,
    host: String = "127.0.0.1",
    port: Int,
    token: String,
    onReady: @escaping @Sendable (_ address: String) async -> Void
) async throws {
    guard Loopback.isAddress(host) else {
        throw SluiceError(
            .invalid,
            "the API cannot listen on \(host): it is not encrypted, so only loopback addresses are allowed "
                + "(127.0.0.1, ::1, localhost)"
        )
    }
    let application = Application(
        responder: Front(router: Routes.router(for: service).buildResponder(), token: token),
        server: .http1(
            configuration: .init(
                idleTimeout: .seconds(90),
                httpDecoderConfiguration: .init(maxHeaderFieldSize: 16_384, maxHeaderListSize: 32_768)
            )
        ),
        configuration: ApplicationConfiguration(
            address: .hostname(host, port: port),
            availableConnectionsDelegate: MaximumAvailableConnections(256)
        ),
        onServerRunning: { channel in
            let bound = channel.localAddress?.port ?? port
            let name = host.contains(":") ? "[\(host)]" : host
            await onReady("http://\(name):\(bound)")
        },
        logger: Logger(label: "sluice.api") { _ in SwiftLogNoOpLogHandler() }
    )
    do {
        try await application.run()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
        throw SluiceError(
            .conflict,
            "port \(port) on \(host) is in use by another process; choose another with --port, or --port 0 for any free one"
        )
    } catch let error as IOError where error.errnoCode == EACCES {
        throw SluiceError(.denied, "no right to listen on port \(port) of \(host); choose one above 1023 with --port")
    } catch is CancellationError {
        return
    }
}
