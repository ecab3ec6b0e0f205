public import Model

extension StoreError: CustomStringConvertible {
    /// What a person reads when it reaches one.
    public var description: String {
        switch self {
        case .lostRace(let detail): "something else changed it at the same time: \(detail)"
        case .full(let path): "no space is left for the store's file \(path); free some and try again"
        case .locked(let holder): "the store is in use by \(holder)"
        case .failed(let detail): detail
        }
    }
}

extension SluiceError {
    /// As it leaves the coordinator.
    public init(_ error: StoreError) {
        let code: ErrorCode =
            switch error {
            case .lostRace, .locked: .conflict
            case .full, .failed: .store
            }
        self.init(code, error.description)
    }
}
