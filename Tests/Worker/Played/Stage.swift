/// How many workers are played with at a time: each is a process, and the machine is small.
actor Stage {
    static let shared = Stage()
    private static let placesMax = 6

    private var free = placesMax
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}
