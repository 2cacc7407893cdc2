use super::*;

const SDK: &str = "<Project Sdk=\"Microsoft.NET.Sdk\"></Project>";

fn read_in(files: &[(&str, &str)], folder: &str, named: Option<&str>) -> Dotnet {
    let project = Project::in_memory(files.iter().copied());
    dotnet(&project, folder, named).expect("a project").expect("it can be read")
}

fn held(text: &str) -> Vec<String> {
    let found = read_in(&[("A.csproj", text)], "", None);
    found.closure.obstacles.into_iter().map(|held| format!("{} {}", held.id, held.text)).collect()
}

#[test]
fn references_and_what_is_looked_for_upwards() {
    let api = "<Project Sdk=\"x\"><ItemGroup><ProjectReference Include=\"..\\Core\\Core.csproj\" /></ItemGroup></Project>";
    let files = [
        ("src/Api/Api.csproj", api),
        ("src/Core/Core.csproj", SDK),
        ("src/Core/packages.lock.json", "{}"),
        ("Directory.Build.props", "<Project><Import Project=\"build\\x.props\" /></Project>"),
        ("build/x.props", "<Project/>"),
        ("nuget.config", "<configuration/>"),
        ("global.json", "{}"),
        ("src/Other/Other.csproj", SDK),
    ];
    let found = read_in(&files, "", Some("src/Api/Api.csproj"));
    assert_eq!(
        found.closure.paths(),
        [
            "src/Api/Api.csproj",
            "Directory.Build.props",
            "build/x.props",
            "nuget.config",
            "src/Core/Core.csproj",
            "src/Core/packages.lock.json",
            "global.json"
        ]
    );
    assert_eq!(found.writes, ["src/Api/obj", "src/Core/obj"]);
    assert!(found.closure.obstacles.is_empty());
}

#[test]
fn a_long_chain_of_projects_ends() {
    let chain: Vec<(String, String)> = (0..2000)
        .map(|at| {
            let next = at + 1;
            let text =
                format!("<Project Sdk=\"x\"><ProjectReference Include=\"../p{next}/p.csproj\" /></Project>");
            (format!("p{at}/p.csproj"), text)
        })
        .collect();
    let files: Vec<(&str, &str)> = chain.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let found = read_in(&files, "p0", None);
    assert!(found.closure.obstacles.iter().any(|held| held.text.contains("more than")));
}

#[test]
fn every_project_of_a_solution_is_read() {
    let solution = "Project(\"{F}\") = \"A\", \"A\\A.csproj\", \"{1}\"\nProject(\"{F}\") = \"B\", \"B\\B.csproj\", \"{2}\"\n";
    let found = read_in(&[("a.sln", solution), ("A/A.csproj", SDK), ("B/B.csproj", SDK)], "", None);
    assert_eq!(found.closure.paths(), ["a.sln", "A/A.csproj", "B/B.csproj"]);
}

#[test]
fn a_folder_with_several_projects_is_not_clear() {
    let found = read_in(&[("A.csproj", SDK), ("B.csproj", SDK)], "", None);
    assert_eq!(found.closure.obstacles[0].id, "MC1");
    assert!(dotnet(&Project::in_memory([("x", "")]), "", None).is_none());
    let found = read_in(&[("A.csproj", SDK), ("A.sln", "")], "", None);
    assert_eq!(found.closure.paths(), ["A.sln"]);
}

#[test]
fn what_is_not_plain_holds_back() {
    let with = |inner: &str| held(&format!("<Project Sdk=\"x\">\n{inner}</Project>"));
    assert!(with("<ProjectReference Include=\"$(Root)a.csproj\" />")[0].ends_with("(A.csproj:2)"));
    assert!(with("<Import Project=\"$(Root)a.props\" />")[0].starts_with("MC1"));
    assert!(with("<Import Project=\"a.props\" />")[0].starts_with("MC1"));
    assert!(with("<Import Project=\"a.props\" Condition=\"Exists('a.props')\" />").is_empty());
    assert!(with("<ItemGroup Condition=\"Exists('x')\" />")[0].starts_with("MC1"));
    assert!(with("<Version>$([System.IO.File]::ReadAllText('V'))</Version>")[0].starts_with("MC1"));
    assert!(with("<ArtifactsPath>x</ArtifactsPath>")[0].starts_with("MC5"));
    assert!(with("<Target Name=\"a\" BeforeTargets=\"Restore\" />")[0].starts_with("MC2"));
    assert!(held("<Project></Project>")[0].contains("names no SDK"));
}

#[test]
fn sources_that_are_folders_come_along_or_hold_back() {
    let settings = "<configuration><packageSources><add key=\"l\" value=\"packages\" /></packageSources></configuration>";
    let files = [("A.csproj", SDK), ("nuget.config", settings), ("packages/x.nupkg", "")];
    assert!(read_in(&files, "", None).closure.files.iter().any(|needed| needed.folder));
    assert_eq!(read_in(&files[..2], "", None).closure.obstacles[0].id, "MC1");
}
