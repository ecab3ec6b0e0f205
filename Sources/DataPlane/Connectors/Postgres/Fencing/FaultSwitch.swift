#if FAULT_SITES
import Glibc

/// Protections that the kill harness turns off to show that it would notice.
enum FaultSwitch {
    /// Read once: the environment of a worker does not change.
    static let isFenceOff = getenv("SLUICE_TEST_NO_FENCE").map { String(cString: $0) == "1" } ?? false
}
#endif
