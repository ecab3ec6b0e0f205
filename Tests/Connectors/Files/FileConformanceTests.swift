import ConformanceKit
import Testing

@Suite struct FileConformanceTests {
    @Test(arguments: SourceCheck.allCases, FileSubject.Kind.allCases)
    func `a file source passes`(_ check: SourceCheck, _ kind: FileSubject.Kind) throws {
        try check.run(on: FileSubject(kind).conformance())
    }

    @Test(arguments: AppendCheck.allCases, FileSubject.Kind.allCases)
    func `a file destination passes`(_ check: AppendCheck, _ kind: FileSubject.Kind) throws {
        let subject = try FileSubject(kind)
        subject.isSource = false
        try check.run(on: subject.conformance())
    }
}
