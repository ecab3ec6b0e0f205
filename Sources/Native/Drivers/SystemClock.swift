internal import CProcess

/// The two clocks of the protocol.
public enum SystemClock {
    /// Nanoseconds of CLOCK_BOOTTIME: never set, goes on during suspend; comparable between processes of one boot.
    public static func bootNanoseconds() -> Int64 { sluice_boottime_ns() }

    /// Microseconds of wall-clock time since 1970-01-01T00:00:00Z: what `Model.Timestamp` holds.
    public static func wallMicroseconds() -> Int64 { sluice_wallclock_us() }
}
