/// The topics of the control channel.
public enum ControlTopic {
    /// The one topic: every worker sees every decision, so that a gap in S always means a lost message.
    public static let everybody = Array("sluice".utf8)
}
