//! Mix.

use super::{Files, IT, check_in, held_back, with};

const APP: Files = &[
    ("mix.exs", "defmodule A do\n  use Mix.Project\n  def deps, do: [{:jason, \"~> 1.2\"}]\nend\n"),
    ("mix.lock", "%{\n  \"jason\": {:hex, :jason, \"1.4.1\"},\n}\n"),
    ("lib/a.ex", ""),
    (".dockerignore", "deps\n_build\n"),
];

#[test]
fn the_dependencies_come_first() {
    check_in(
        &IT,
        APP,
        "FROM elixir:1.17\nENV MIX_ENV=prod\nWORKDIR /app\nCOPY . .\nRUN mix local.hex --force && mix local.rebar --force\nRUN mix deps.get --only $MIX_ENV && mix compile\n",
        "FROM elixir:1.17\nENV MIX_ENV=prod\nWORKDIR /app\nRUN mix local.hex --force && mix local.rebar --force\nCOPY mix.exs mix.lock ./\nRUN mix deps.get --only $MIX_ENV\nCOPY . .\nRUN mix compile\n",
    );
}

#[test]
fn stale_locks_programs_and_output_of_the_host_hold_back() {
    let text = "FROM elixir:1.17\nWORKDIR /app\nCOPY . .\nRUN mix deps.get\n";
    held_back(&IT, &with(APP, &[("mix.lock", "%{\n}\n")]), text, &["MC12"]);
    held_back(&IT, &with(APP, &[("mix.exs", "import X\n")]), text, &["MC1"]);
    held_back(&IT, &with(APP, &[("mix.exs", "[in_umbrella: true]\n")]), text, &["MC3"]);
    held_back(&IT, &with(APP, &[(".dockerignore", "_build\n")]), text, &["MC5"]);
    let text =
        "FROM elixir:1.17\nENV MIX_EXS=x\nWORKDIR /app\nCOPY . .\nRUN mix deps.get --only $(cat env)\n";
    held_back(&IT, APP, text, &["MC1", "MC4"]);
}
