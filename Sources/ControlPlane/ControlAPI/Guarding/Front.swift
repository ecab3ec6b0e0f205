import HTTPTypes
import Hummingbird
import HummingbirdCore
import Model

/// What every request meets first: refuses what a web page or another user of this machine could have sent, and answers every
/// error in the same form.
///
/// Everybody on this machine can reach a loopback address; only who can read the store's lock file knows the token. A page in
/// the user's browser can reach it too: directly (it then sends `Origin` or `Sec-Fetch-Site`) or by pointing a name of its own at
/// 127.0.0.1 (`Host` is then that name).
struct Front: HTTPResponder {
    let router: RouterResponder<BasicRequestContext>
    let token: String

    private struct TokenMissing: Error {}

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        do {
            try refuseForeign(request)
            guard hasToken(request) else { throw TokenMissing() }
            let response = try await router.respond(to: request, context: context)
            // The router's own answers have no body.
            guard response.status == .notFound, response.headers[.contentType] == nil else { return response }
            let route = "\(request.method.rawValue) \(request.uri.path)"
            return ErrorReply.response(SluiceError(.notFound, "there is no route \(route)"))
        } catch is TokenMissing {
            return unauthorized
        } catch let error as SluiceError {
            return ErrorReply.response(error)
        } catch let error as BodyTooLarge {
            return ErrorReply.response(SluiceError(.invalid, error.message), status: .contentTooLarge)
        } catch is CancellationError {
            return ErrorReply.response(
                SluiceError(.unreachable, "the server is shutting down", isRetriable: true),
                status: .serviceUnavailable
            )
        } catch {
            return ErrorReply.response(SluiceError(.internal, "the request failed: \(error)"))
        }
    }

    /// Looks at every byte, so that the time tells nothing.
    private func hasToken(_ request: Request) -> Bool {
        let expected = "Bearer \(token)".utf8
        let given = (request.headers[.authorization] ?? "").utf8
        return given.count == expected.count && zip(given, expected).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private var unauthorized: Response {
        let message =
            "the request has no token of this server, or a wrong one; it stands in the lock file beside the server's store, "
            + "where commands find it by --store, or is given to them as SLUICE_TOKEN"
        var response = ErrorReply.response(SluiceError(.denied, message), status: .unauthorized)
        response.headers[.wwwAuthenticate] = "Bearer"
        return response
    }

    private func refuseForeign(_ request: Request) throws {
        let authority = request.head.authority ?? ""
        guard Loopback.isAuthority(authority) else {
            throw SluiceError(
                .denied,
                "Host \"\(authority)\" is not this machine; allowed: 127.0.0.1, localhost and [::1]"
            )
        }
        if let origin = request.headers[.origin] {
            throw SluiceError(.denied, "requests of web pages are refused; this one came from \(origin)")
        }
        if let name = HTTPField.Name("Sec-Fetch-Site"), let site = request.headers[name], site != "none" {
            throw SluiceError(.denied, "requests of web pages are refused (Sec-Fetch-Site: \(site))")
        }
    }
}
