import Glibc
import Model

/// Numbers, times and texts for people.
enum Human {
    /// `8,400`
    static func count(_ number: some BinaryInteger) -> String {
        let digits = String(number.magnitude)
        var groups: [Substring] = []
        var rest = digits[...]
        while rest.count > 3 {
            groups.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        groups.insert(rest, at: 0)
        return (number < 0 ? "-" : "") + groups.joined(separator: ",")
    }

    /// Now, by this machine's clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// `8,400 records`, `1 record`
    static func count(_ number: Int, of noun: String) -> String {
        "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// `0 ms`, `45 ms`, `2.3 s`, `1m 42s`, `2h 05m`
    static func duration(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        switch milliseconds {
        case ..<1_000: return "\(milliseconds) ms"
        case ..<60_000: return "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s"
        case ..<3_600_000: return "\(milliseconds / 60_000)m \(padded(milliseconds / 1_000 % 60))s"
        default: return "\(milliseconds / 3_600_000)h \(padded(milliseconds / 60_000 % 60))m"
        }
    }

    static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "?" }
        // Whole seconds: the number moves.
        return seconds < 60 ? "\(Int(seconds.rounded(.up)))s" : duration(.seconds(seconds.rounded()))
    }

    /// `700/s`, `0.5/s`
    static func rate(_ perSecond: Double) -> String {
        guard perSecond.isFinite else { return "?/s" }
        if perSecond >= 10 || perSecond == perSecond.rounded() { return count(Int(perSecond.rounded())) + "/s" }
        return "\((perSecond * 10).rounded() / 10)/s"
    }

    /// `42 MiB`
    static func bytes(_ number: UInt64) -> String {
        let mebibytes = Double(number) / 1_048_576
        return mebibytes >= 10 ? "\(Int(mebibytes.rounded())) MiB" : "\((mebibytes * 10).rounded() / 10) MiB"
    }

    /// `2026-11-22 16:47:03`, in the zone of this machine.
    static func time(_ timestamp: Timestamp) -> String {
        format(timestamp, "%Y-%m-%d %H:%M:%S")
    }

    /// `16:47:03.114`
    static func clock(_ timestamp: Timestamp) -> String {
        format(timestamp, "%H:%M:%S") + "." + padded(timestamp.microseconds / 1_000 % 1_000, to: 3)
    }

    /// Text of strangers, on one line and without what a terminal would obey; cut to `width`.
    static func safe(_ text: String, width: Int = .max) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
            if result.utf8.count > 4 * 1_024 { break }
        }
        return result.count > width ? String(result.prefix(max(0, width - 1))) + "…" : result
    }

    private static func format(_ timestamp: Timestamp, _ pattern: String) -> String {
        var seconds = time_t(timestamp.microseconds / 1_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = buffer.withUnsafeMutableBytes { bytes in
            strftime(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, pattern, &parts)
        }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    private static func padded(_ number: Int64, to width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
