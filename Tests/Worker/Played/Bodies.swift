import Wire

/// The message of a kind, where a body is of that kind: `hear(\.intent)`.
extension WireEnvelope.OneOf_Body {
    var workerHello: WireWorkerHello? {
        if case .workerHello(let message) = self { message } else { nil }
    }

    var workerReady: WireWorkerReady? {
        if case .workerReady(let message) = self { message } else { nil }
    }

    var askState: WireAskState? {
        if case .askState(let message) = self { message } else { nil }
    }

    var runOpened: WireRunOpened? {
        if case .runOpened(let message) = self { message } else { nil }
    }

    var runFailed: WireRunFailed? {
        if case .runFailed(let message) = self { message } else { nil }
    }

    var rangesPlanned: WireRangesPlanned? {
        if case .rangesPlanned(let message) = self { message } else { nil }
    }

    var intent: WireIntent? {
        if case .intent(let message) = self { message } else { nil }
    }

    var outcome: WireOutcome? {
        if case .outcome(let message) = self { message } else { nil }
    }

    var returned: WireReturned? {
        if case .returned(let message) = self { message } else { nil }
    }

    var errandDone: WireErrandDone? {
        if case .errandDone(let message) = self { message } else { nil }
    }
}
