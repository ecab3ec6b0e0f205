public import Model

/// A checked message with its tokens.
public struct Letter: Sendable, Equatable {
    /// C: of the coordinator that sent it, or the highest its sender has seen.
    public var epoch: UInt64
    /// I: the worker or supervisor that sent it; nil from the coordinator.
    public var incarnation: Incarnation?
    /// S: the last control decision its sender knows of.
    public var sequence: UInt64
    public var body: WireEnvelope.OneOf_Body

    public init(
        epoch: UInt64,
        incarnation: Incarnation? = nil,
        sequence: UInt64,
        body: WireEnvelope.OneOf_Body
    ) {
        self.epoch = epoch
        self.incarnation = incarnation
        self.sequence = sequence
        self.body = body
    }
}
