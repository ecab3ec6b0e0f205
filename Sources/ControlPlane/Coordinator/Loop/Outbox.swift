import Model
import Wire

/// What leaves once the turn's changes are durable.
enum Outgoing {
    case work(Incarnation, WireEnvelope.OneOf_Body)
    case fleet(WireEnvelope.OneOf_Body)
    case control(WireEnvelope.OneOf_Body)
}
