# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation names what is there, and only that: variables, defaults, parts of the collection, links, files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("roles/*/README.md")])
ROLES = sorted(path.parents[1].name for path in ROOT.glob("roles/*/meta/argument_specs.yml"))
# What a variable's default in the defaults file is when its specification has none: empty, as Ansible has no "unset".
EMPTY: tuple[Any, ...] = (None, "", [], {})


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def load(path: Path) -> Any:
    return yaml.safe_load(read(path)) or {}


def options_of(role: str) -> dict[str, dict[str, Any]]:
    """Return the options of a role's entry point ``main``."""
    specs: dict[str, Any] = load(ROOT / "roles" / role / "meta/argument_specs.yml")["argument_specs"]
    options: dict[str, dict[str, Any]] = specs["main"]["options"]
    return options


def rows_of(page: str) -> dict[str, list[str]]:
    """Return the cells of each table row that begins with a name in backticks, by that name."""
    lines = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| `")]
    return {cells[0].strip().strip("`"): [cell.strip() for cell in cells] for cells in lines}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", read(page), re.MULTILINE | re.DOTALL)


VARIABLES = rows_of(read(ROOT / "docs/inventory.md"))


def test_each_variable_of_the_schema_is_described_and_no_other() -> None:
    assert {name for name in VARIABLES if name.startswith("day2_")} == set(options_of("day2"))


@pytest.mark.parametrize(("name", "option"), options_of("day2").items())
def test_type_and_default_are_those_of_the_schema(name: str, option: dict[str, Any]) -> None:
    _name, kind, _unit, default, *_meaning = VARIABLES[name]
    assert kind == option["type"]
    wanted = "required" if option.get("required") else "none"
    if "default" in option:
        value = option["default"]
        wanted = f"`{str(value).lower() if isinstance(value, bool) else value}`"
    assert default == wanted


@pytest.mark.parametrize("role", ROLES)
def test_the_defaults_of_a_role_are_those_of_its_specification(role: str) -> None:
    defaults = load(ROOT / "roles" / role / "defaults/main.yml")
    specified = {name: option.get("default") for name, option in options_of(role).items()}
    assert set(defaults) <= set(specified)
    for name, default in specified.items():
        if default is None:
            assert defaults.get(name) in EMPTY
        else:
            assert defaults[name] == default


@pytest.mark.parametrize(
    "name",
    sorted(
        [*ROLES, *(path.stem for folder in ("plugins/modules", "playbooks") for path in ROOT.glob(f"{folder}/*.*"))]
    ),
)
def test_the_first_page_names_each_part(name: str) -> None:
    assert f"`day2.ops.{name}`" in read(ROOT / "README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_files_that_a_page_names_are_there(page: Path) -> None:
    text = re.sub(r"```.*?```", "", read(page), flags=re.DOTALL)
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []
    named = re.findall(r"`((?:tests|docs|plugins|roles|playbooks|inventories|tools|meta)/[\w./-]+)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


EXAMPLES = [(page, text) for page in PAGES for text in blocks(page, "ya?ml")]


@pytest.mark.parametrize(("page", "text"), EXAMPLES, ids=[page.stem for page, _text in EXAMPLES])
def test_an_example_is_yaml(page: Path, text: str) -> None:
    assert isinstance(yaml.safe_load(text), (dict, list)), page


def variables_in(value: Any) -> set[str]:
    """Return the ``day2_`` keys at any depth, lists with a suffix under their plain name."""
    if isinstance(value, dict):
        names = {str(key).partition("__")[0] for key in value if str(key).startswith("day2_")}
        return names.union(*map(variables_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(variables_in, value))
    return set()


@pytest.mark.parametrize(("page", "text"), EXAMPLES, ids=[page.stem for page, _text in EXAMPLES])
def test_an_example_sets_only_variables_that_are_known(page: Path, text: str) -> None:
    assert variables_in(yaml.safe_load(text)) <= set(options_of("day2")), page


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/examples/**/*.yml")), ids=str)
def test_an_example_file_sets_only_variables_that_are_known(path: Path) -> None:
    assert variables_in(load(path)) <= set(options_of("day2"))


def test_the_demos_step_is_quoted_as_it_is() -> None:
    quoted = [yaml.safe_load(text) for text in blocks(ROOT / "docs/maintenance.md", "yaml")]
    assert load(ROOT / "inventories/steps/demo_vacuum.yml") in quoted


def test_the_tables_of_what_is_covered_know_three_states() -> None:
    page = read(ROOT / "docs/coverage.md").partition("## Where a guide")[0]
    rows = [line.strip("|").split("|") for line in page.splitlines() if re.match(r"\| [VDLEA]\d", line)]
    ids = [one for cells in rows for one in cells[0].split()]
    for guide in "VDLEA":
        numbers = {int(one[1:]) for one in ids if one[0] == guide}
        assert numbers == set(range(1, max(numbers) + 1))
    for *_rest, test, state in ([cell.strip() for cell in cells] for cells in rows):
        assert re.fullmatch(r"done|open|part: .+", state)
        assert bool(test) == (state != "open")


def test_what_pages_give_with_e_is_known_to_the_guard_against_slips() -> None:
    (play,) = load(ROOT / "playbooks/parts/target.yml")
    known = set(play["tasks"][0]["vars"]["__day2_call_known"])
    given = {name for page in PAGES for name in re.findall(r"-e (?:'\{\")?([a-z_]{4,})(?:=|\":)", read(page))}
    assert {"part", "restore", "window_only"} <= given
    assert {name for name in given if not name.startswith("day2_")} - known == set()
