internal import CProcess
internal import Glibc

/// What a process can tell of itself and the machine it runs on.
public enum Machine {
    /// A UUID that is new at each boot: processes of another boot are dead.
    public static func bootID() throws -> String {
        var text = [CChar](repeating: 0, count: 37)
        try DriverError.check(sluice_boot_id(&text), "read /proc/sys/kernel/random/boot_id")
        return String(decoding: text.prefix(36).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The host's name; empty when it has none.
    public static func hostName() -> String {
        var text = [CChar](repeating: 0, count: 256)
        guard gethostname(&text, text.count - 1) == 0 else { return "" }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Memory of this process that is resident, in bytes.
    public static func residentBytes() -> UInt64 { sluice_resident_bytes() }

    public static func processID() -> Int32 { getpid() }
}
