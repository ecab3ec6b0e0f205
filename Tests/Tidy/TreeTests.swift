import Testing

struct TreeTests {
    @Test func `the top level holds what the layout says and dotfiles`() throws {
        let paths = try Repository.current.get().files.map(\.path)
        #expect(TreeRules.topLevelFindings(paths) == [])
        #expect(TreeRules.topLevelFindings(["README.md", ".ci/run", "Sources/A.swift"]).isEmpty)
        #expect(TreeRules.topLevelFindings(["notes.txt", "Scripts/a"]).count == 2)
    }

    @Test func `every folder of Sources is named in the layout`() throws {
        let repository = try Repository.current.get()
        let readme = try repository.file("README.md").text
        #expect(TreeRules.layoutFindings(repository.files.map(\.path), readme: readme) == [])
    }

    @Test func `a folder that the layout does not name is found`() {
        let readme = "## Layout\n\n    Sources/\n      Contract/\n        Model/   Jobs/ Runs/\n\n## Next\nOther/\n"
        let known = ["Sources/Contract/Model/Jobs/A.swift", "Sources/Contract/Model/B.swift", "Tests/Other/C.swift"]
        #expect(TreeRules.layoutFindings(known, readme: readme).isEmpty)
        #expect(TreeRules.layoutFindings(["Sources/Other/A.swift"], readme: readme).count == 1)
        #expect(TreeRules.layoutFindings([], readme: "# Sluice\n").count == 1)
    }

    @Test func `README sets up with exactly two commands`() throws {
        let repository = try Repository.current.get()
        let readme = try repository.file("README.md").text
        #expect(TreeRules.setUpFindings(readme: readme, isExecutable: repository.isExecutable) == [])
        #expect(try repository.file(".ci/run").text.contains("\nDeploy/test "))
    }

    @Test func `a third set-up command, or one that does not exist, is found`() {
        let two = "## Set up\n\nOne:\n\n    Deploy/quickstart\n\nTwo:\n\n    Deploy/test   # all\n"
        #expect(TreeRules.setUpFindings(readme: two, isExecutable: { _ in true }).isEmpty)
        #expect(TreeRules.setUpFindings(readme: two, isExecutable: { _ in false }).count == 2)
        #expect(TreeRules.setUpFindings(readme: two + "\n    apt install x\n", isExecutable: { _ in true }).count == 1)
    }

    @Test func `README shows the import table that is checked`() throws {
        let readme = try Repository.current.get().file("README.md").text
        #expect(TreeRules.importTableFindings(readme: readme, allowed: ImportTable.shown) == [])
    }

    @Test func `a README that lets too much be imported is found`() {
        let rows =
            "## Who may import whom\n\n| module | may import |\n| --- | --- |\n| `A` | `B`, `C` |\n| `B` | nothing |\n"
        #expect(TreeRules.importTableFindings(readme: rows, allowed: ["A": ["B", "C"], "B": []]).isEmpty)
        #expect(TreeRules.importTableFindings(readme: rows, allowed: ["A": ["B"], "B": [], "D": []]).count == 2)
    }
}
