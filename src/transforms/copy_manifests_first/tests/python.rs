//! Poetry, uv, PDM, Pipenv and Conda.

use super::{Files, IT, check_in, held_back, with};

const NO_VENV: (&str, &str) = (".dockerignore", "**/.venv\n.pdm-python\n");
const POETRY: Files =
    &[("pyproject.toml", "[tool.poetry]\nname = \"a\"\n"), ("poetry.lock", ""), ("a.py", ""), NO_VENV];
const UV: Files = &[
    ("pyproject.toml", "[project]\nname = \"a\"\nversion = \"1\"\n"),
    ("uv.lock", "[[package]]\nname = \"a\"\nsource = { virtual = \".\" }\n"),
    NO_VENV,
];
const PIPENV: Files =
    &[("Pipfile", "[packages]\nflask = \"*\"\n"), ("Pipfile.lock", "{\"default\": {}}"), NO_VENV];

#[test]
fn poetry_without_the_project_comes_first() {
    check_in(
        &IT,
        POETRY,
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install poetry==1.8.2\nRUN poetry install --no-root\nCMD python a.py\n",
        "FROM python:3.12\nWORKDIR /app\nRUN pip install poetry==1.8.2\nCOPY pyproject.toml poetry.lock ./\nRUN poetry install --no-root\nCOPY . .\nCMD python a.py\n",
    );
}

#[test]
fn poetry_installs_the_project_behind_the_sources() {
    check_in(
        &IT,
        POETRY,
        "FROM python:3.12\nENV POETRY_VIRTUALENVS_CREATE=false\nRUN pip install poetry\nWORKDIR /app\nCOPY . .\nRUN poetry install --only main\nCMD python a.py\n",
        "FROM python:3.12\nENV POETRY_VIRTUALENVS_CREATE=false\nRUN pip install poetry\nWORKDIR /app\nCOPY pyproject.toml poetry.lock ./\nRUN poetry install --only main --no-root\nCOPY . .\nRUN poetry install --only main\nCMD python a.py\n",
    );
}

#[test]
fn the_second_install_keeps_the_folder_the_tidying_and_the_variables() {
    check_in(
        &IT,
        POETRY,
        "FROM python:3.12\nCOPY . /app\nRUN cd /app && pip install poetry && \\\n    POETRY_NO_INTERACTION=1 poetry install && \\\n    rm -rf /root/.cache\n",
        "FROM python:3.12\nCOPY pyproject.toml poetry.lock /app/\nRUN cd /app && pip install poetry && \\\n    POETRY_NO_INTERACTION=1 poetry install --no-root && \\\n    rm -rf /root/.cache\nCOPY . /app\nRUN cd /app && POETRY_NO_INTERACTION=1 poetry install && rm -rf /root/.cache\n",
    );
}

#[test]
fn the_second_install_goes_on_with_the_commands_that_follow() {
    check_in(
        &IT,
        POETRY,
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install poetry && poetry config virtualenvs.create false \\\n    && poetry install \\\n    && python a.py\n",
        "FROM python:3.12\nWORKDIR /app\nCOPY pyproject.toml poetry.lock ./\nRUN pip install poetry && poetry config virtualenvs.create false \\\n    && poetry install --no-root\nCOPY . .\nRUN poetry install \\\n    && python a.py\n",
    );
}

#[test]
fn a_file_without_a_final_newline_gets_the_second_install_too() {
    check_in(
        &IT,
        POETRY,
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN poetry install",
        "FROM python:3.12\nWORKDIR /app\nCOPY pyproject.toml poetry.lock ./\nRUN poetry install --no-root\nCOPY . .\nRUN poetry install",
    );
}

#[test]
fn a_virtual_environment_of_the_context_holds_back() {
    let files = with(POETRY, &[(".dockerignore", "x\n")]);
    let text = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN poetry install --no-root\n";
    held_back(&IT, &files, text, &["MC5"]);
    let text = "FROM python:3.12\nENV POETRY_VIRTUALENVS_CREATE=false\nWORKDIR /app\nCOPY . .\nRUN poetry install --no-root\n";
    check_in(
        &IT,
        &files,
        text,
        "FROM python:3.12\nENV POETRY_VIRTUALENVS_CREATE=false\nWORKDIR /app\nCOPY pyproject.toml poetry.lock ./\nRUN poetry install --no-root\nCOPY . .\n",
    );
}

#[test]
fn an_exec_form_is_not_written_twice() {
    held_back(
        &IT,
        POETRY,
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN [\"poetry\", \"install\"]\n",
        &["MC4"],
    );
}

#[test]
fn uv_syncs_from_its_lock() {
    check_in(
        &IT,
        UV,
        "FROM python:3.12\nCOPY --from=ghcr.io/astral-sh/uv:0.8 /uv /bin/\nWORKDIR /app\nCOPY . .\nRUN uv sync --locked --no-dev\n",
        "FROM python:3.12\nCOPY --from=ghcr.io/astral-sh/uv:0.8 /uv /bin/\nWORKDIR /app\nCOPY pyproject.toml uv.lock ./\nRUN uv sync --locked --no-dev\nCOPY . .\n",
    );
}

#[test]
fn uv_installs_a_package_behind_the_sources() {
    let manifest = "[project]\nname = \"a\"\nversion = \"1\"\n[build-system]\nrequires = [\"hatchling\"]\n";
    check_in(
        &IT,
        &with(UV, &[("pyproject.toml", manifest)]),
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache/uv uv sync --locked\n",
        "FROM python:3.12\nWORKDIR /app\nCOPY pyproject.toml uv.lock ./\nRUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-install-project\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache/uv uv sync --locked\n",
    );
}

#[test]
fn uv_with_requirements_is_pip() {
    check_in(
        &IT,
        &[("requirements.txt", "six\n")],
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN uv pip install --system -r requirements.txt\n",
        "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt ./\nRUN uv pip install --system -r requirements.txt\nCOPY . .\n",
    );
    let text = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN uv pip install --system -r pyproject.toml\n";
    held_back(&IT, UV, text, &["MC1"]);
}

#[test]
fn pipenv_from_its_lock() {
    check_in(
        &IT,
        PIPENV,
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install pipenv && pipenv install --system --deploy\n",
        "FROM python:3.12\nWORKDIR /app\nCOPY Pipfile Pipfile.lock ./\nRUN pip install pipenv && pipenv install --system --deploy\nCOPY . .\n",
    );
    let text = "FROM python:3.12\nENV PIPENV_PIPFILE=/app/Pipfile\nWORKDIR /app\nCOPY . .\nRUN pipenv sync --system\n";
    held_back(&IT, PIPENV, text, &["MC1"]);
}

#[test]
fn pdm_leaves_itself_to_the_second_install() {
    let files = [("pyproject.toml", UV[0].1), ("pdm.lock", ""), NO_VENV];
    check_in(
        &IT,
        &files,
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pdm install --prod --check\n",
        "FROM python:3.12\nWORKDIR /app\nCOPY pyproject.toml pdm.lock ./\nRUN pdm install --prod --check --no-self\nCOPY . .\nRUN pdm install --prod --check\n",
    );
}

#[test]
fn conda_reads_its_environment() {
    let files = [("environment.yml", "dependencies:\n  - pip:\n    - -r req.txt\n"), ("req.txt", "six\n")];
    check_in(
        &IT,
        &files,
        "FROM continuumio/miniconda3\nWORKDIR /app\nCOPY . .\nRUN conda env create -f environment.yml && conda clean -afy\n",
        "FROM continuumio/miniconda3\nWORKDIR /app\nCOPY environment.yml req.txt ./\nRUN conda env create -f environment.yml && conda clean -afy\nCOPY . .\n",
    );
}
