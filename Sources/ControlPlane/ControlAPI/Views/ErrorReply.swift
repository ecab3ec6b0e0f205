import HTTPTypes
import Hummingbird
import HummingbirdCore
import Model
import NIOCore

/// Answers with an error: `{"error": {"code": …, "message": …, "retriable": …}}`.
enum ErrorReply {
    private struct Body: Encodable {
        var error: Content
    }

    private struct Content: Encodable {
        var code: ErrorCode
        var message: String
        var retriable: Bool
    }

    static func response(_ error: SluiceError, status: HTTPResponse.Status? = nil) -> Response {
        let content = Content(code: error.code, message: error.message, retriable: error.isRetriable)
        do {
            return try JSONReply.response(Body(error: content), status: status ?? self.status(of: error.code))
        } catch {
            return Response(status: .internalServerError)
        }
    }

    private static func status(of code: ErrorCode) -> HTTPResponse.Status {
        switch code {
        case .unreachable: .badGateway
        case .denied: .forbidden
        case .notFound: .notFound
        case .conflict: .conflict
        case .invalid: .badRequest
        case .unsupported: .unprocessableContent
        case .timedOut: .gatewayTimeout
        case .exhausted, .store: .serviceUnavailable
        case .internal: .internalServerError
        }
    }
}
