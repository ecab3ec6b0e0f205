import Model

/// What is worth knowing before a run of a job begins, and does not keep it from beginning.
enum StartNotes {
    static func lines(of job: JobView) -> [String] {
        var lines: [String] = []
        if job.isPaused {
            let why = job.pausedReason.map { " (\(Human.safe($0)))" } ?? ""
            lines.append("\(job.name) is paused\(why): no schedule starts it, but this does")
        }
        if let last = job.lastRun, last.counts.applied > 0 {
            for stream in job.spec.streams where stream.writeMode == .append {
                lines.append(
                    "\(Human.safe(stream.stream)) is appended to \(Human.safe(stream.destination)): what run \(last.number) "
                        + "wrote is written once more, if the source still has it"
                )
            }
        }
        return lines
    }
}
