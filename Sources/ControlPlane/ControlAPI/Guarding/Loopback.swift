/// Which names mean this machine.
enum Loopback {
    /// Of an address to listen on.
    static func isAddress(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Of a `Host` header, with or without a port.
    static func isAuthority(_ authority: String) -> Bool {
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return false }
            return isAddress(String(authority[authority.index(after: authority.startIndex)..<close]))
        }
        return isAddress(String(authority.prefix { $0 != ":" }).lowercased())
    }
}
