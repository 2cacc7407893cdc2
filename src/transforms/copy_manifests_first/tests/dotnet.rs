//! .NET.

use super::{Files, IT, check_in, held_back, with};

const APP: Files = &[
    ("App.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>"),
    ("Program.cs", ""),
    (".dockerignore", "**/bin\n**/obj\n"),
];

#[test]
fn a_restore_comes_first() {
    check_in(
        &IT,
        APP,
        "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY . .\nRUN dotnet restore\nRUN dotnet publish -c Release -o /out\n",
        "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY App.csproj ./\nRUN dotnet restore\nCOPY . .\nRUN dotnet publish -c Release -o /out\n",
    );
}

#[test]
fn a_publish_gets_a_restore_of_its_own() {
    check_in(
        &IT,
        APP,
        "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY . .\nRUN dotnet publish App.csproj -c $CONFIG -r linux-x64 -o /out /p:UseAppHost=false\n",
        "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY App.csproj ./\nRUN dotnet restore App.csproj -r linux-x64\nCOPY . .\nRUN dotnet publish App.csproj -c $CONFIG -r linux-x64 -o /out /p:UseAppHost=false\n",
    );
}

#[test]
fn projects_keep_their_folders() {
    let api = "<Project Sdk=\"x\"><ProjectReference Include=\"../Core/Core.csproj\" /></Project>";
    let files = [("Api/Api.csproj", api), ("Core/Core.csproj", APP[0].1), APP[2]];
    check_in(
        &IT,
        &files,
        "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY . .\nRUN dotnet restore Api/Api.csproj\nWORKDIR /src/Api\nRUN dotnet build -c Release\n",
        "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY Api/Api.csproj ./Api/\nCOPY Core/Core.csproj ./Core/\nRUN dotnet restore Api/Api.csproj\nCOPY . .\nWORKDIR /src/Api\nRUN dotnet build -c Release\n",
    );
}

#[test]
fn restored_already_is_left() {
    let text = "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY App.csproj ./\nRUN dotnet restore\nCOPY . .\nRUN dotnet publish -o /out\n";
    check_in(&IT, APP, text, text);
}

#[test]
fn output_of_the_host_options_and_unclear_projects_hold_back() {
    let text = "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY . .\nRUN dotnet restore\n";
    held_back(&IT, &with(APP, &[(".dockerignore", "x\n")]), text, &["MC5"]);
    held_back(&IT, &with(APP, &[("B.csproj", APP[0].1)]), text, &["MC1"]);
    let text =
        "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY . .\nRUN dotnet restore --packages p\n";
    held_back(&IT, APP, text, &["MC1"]);
}
