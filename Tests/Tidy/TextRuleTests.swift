import Testing

struct TextRuleTests {
    private func swift(_ text: String, at path: String = "Sources/A.swift") -> [TextFile] {
        [TextFile(path: path, text: text)]
    }

    // MARK: code and text

    @Test func `comments and literals are not code, interpolations are`() {
        let code = SwiftCode(
            #"""
            let a = "secret" // secret
            /* secret /* secret */ secret */ let b = 1
            let c = """
                secret "secret"
                """
            let d = "secret \(visible("secret")) secret"
            """#
        )
        #expect(code.lines(holding: "secret").isEmpty)
        #expect(code.lines(holding: "visible") == [6])
        #expect(code.lines(holding: "b") == [2])
        #expect(code.lines.count == 6)
    }

    @Test func `a word is not found inside a longer name`() {
        #expect("let pid = fork()".containsWord("fork"))
        #expect(!"let forks = 2".containsWord("fork"))
        #expect(!"pg_sleep(1)".containsWord("sleep("))
    }

    // MARK: the rules, on the repository and on a bad example

    @Test func `only Supervision and its drivers touch processes`() throws {
        let files = try Repository.current.get().files(in: "Sources", ending: ".swift")
        #expect(TextRules.processFindings(files) == [])
        #expect(files.contains { $0.path.hasPrefix("Sources/Native/Drivers/Process/") })
    }

    @Test(arguments: TextRules.processWords.map(\.word))
    func `a process call elsewhere is found`(word: String) {
        let path = "Sources/ControlPlane/Coordinator/A.swift"
        #expect(TextRules.processFindings(swift("_ = \(word)(1)", at: path)).count == 1)
        #expect(TextRules.processFindings(swift("_ = 1 // \(word)", at: path)).isEmpty)
        let permitted = "Sources/ControlPlane/Supervision/Killing/A.swift"
        #expect(TextRules.processFindings(swift("_ = \(word)(1)", at: permitted)).isEmpty)
    }

    @Test func `nothing is tried with an exclamation mark`() throws {
        let repository = try Repository.current.get()
        let files = repository.files(in: "Sources", ending: ".swift") + repository.files(in: "Tests", ending: ".swift")
        #expect(TextRules.banned(TextRules.swiftBans, in: files) == [])
        #expect(TextRules.banned(TextRules.swiftBans, in: swift("let a = try! b()")).count == 1)
    }

    @Test func `tests neither sleep nor are they disabled`() throws {
        let files = try Repository.current.get().files(in: "Tests", ending: ".swift")
        #expect(TextRules.banned(TextRules.testBans, in: files) == [])
    }

    @Test(arguments: TextRules.testBans.map(\.word))
    func `a sleeping or disabled test is found`(word: String) {
        #expect(!TextRules.banned(TextRules.testBans, in: swift("await \(word)(1)")).isEmpty)
    }

    @Test func `nothing is left for later in the text`() throws {
        #expect(TextRules.leftoverFindings(try Repository.current.get().files) == [])
    }

    @Test(arguments: TextRules.leftovers)
    func `a note of unfinished work is found`(word: String) {
        #expect(TextRules.leftoverFindings(swift("let a = 1  // \(word): later")).count == 1)
        #expect(TextRules.leftoverFindings(swift("mktemp a.\(word)\(word)")).isEmpty)
    }

    @Test func `no source file is longer than its ceiling`() throws {
        let repository = try Repository.current.get()
        #expect(TextRules.lengthFindings(repository.files(in: "Sources")) == [])
        let ceiling = String(repeating: "\n", count: TextRules.linesMax)
        #expect(TextRules.lengthFindings(swift(ceiling)).isEmpty)
        #expect(TextRules.lengthFindings(swift(ceiling + "\n")).count == 1)
        #expect(TextRules.lengthFindings(swift(ceiling + "\n", at: "Sources/a.pb.swift")).isEmpty)
    }

    @Test func `files, folders and types are named for what they do`() throws {
        let repository = try Repository.current.get()
        #expect(TextRules.nameFindings(repository.files(in: "Sources") + repository.files(in: "Tests")) == [])
    }

    @Test(arguments: [
        "Sources/Store/StoreManager.swift", "Sources/Utils/Text.swift", "Sources/Store/Base.swift",
        "Sources/Store/RowHelpers.swift", "Sources/Store/Row+Common.swift",
    ])
    func `a name that says nothing is found`(path: String) {
        #expect(TextRules.nameFindings(swift("", at: path)).count == 1)
    }

    @Test func `a type that says nothing is found`() {
        #expect(TextRules.nameFindings(swift("final class RunManager {}")).count == 1)
        #expect(TextRules.nameFindings(swift("struct Database {}")).isEmpty)
    }

    @Test func `scripts stop at the first error`() throws {
        #expect(TextRules.scriptFindings(try Repository.current.get().files) == [])
        #expect(TextRules.scriptFindings(swift("#!/usr/bin/env bash\necho", at: "Deploy/a")).count == 1)
    }
}
