import Glibc
import Model

/// Where the commands write: answers to stdout, everything else to stderr.
enum Console {
    /// A line of the answer.
    static func show(_ text: String) {
        put(text + "\n", to: STDOUT_FILENO)
    }

    /// Bytes of the answer. False when nobody reads them any more.
    static func show(bytes: [UInt8]) -> Bool {
        put(bytes, to: STDOUT_FILENO)
    }

    /// What went wrong, in one line.
    static func complain(_ text: String) {
        error("sluice: \(text)")
    }

    /// Something worth knowing that is no part of the answer.
    static func note(_ text: String) {
        error("sluice: \(text)")
    }

    /// A note on a line of its own, also where a line that moves stands.
    static func interject(_ text: String) {
        error((errorIsTerminal ? "\r\u{1B}[K" : "") + "sluice: \(text)")
    }

    static func error(_ text: String) {
        put(text + "\n", to: STDERR_FILENO)
    }

    static func error(raw text: String) {
        put(text, to: STDERR_FILENO)
    }

    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Columns of the terminal that stderr is; 80 when that is not known.
    static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
        return Int(size.ws_col)
    }

    /// Who asks, as the audit shows it.
    static var actor: String {
        guard let entry = getpwuid(getuid()) else { return "uid \(getuid())" }
        return String(cString: entry.pointee.pw_name)
    }

    private static func put(_ text: String, to descriptor: Int32) {
        _ = put(Array(text.utf8), to: descriptor)
    }

    private static func put(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
                return write(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            start += count
        }
        return true
    }
}
