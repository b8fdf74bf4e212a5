# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from ansible_collections.day2.ops.plugins.module_utils._checks.base import COMMON
from ansible_collections.day2.ops.plugins.module_utils._checks.kinds import KINDS
from ansible_collections.day2.ops.plugins.module_utils._core.libraries import package_of

if TYPE_CHECKING:
    from .conftest import Attempt

# Options without which a check of that kind cannot be.
DOCS = Path(__file__).parents[5] / "docs" / "checks"
# Kinds of which a probe that ends well is proof enough.
PROBE_IS_PROOF = {"command", "dns", "file_age", "postgres", "queue", "tcp"}
BARE = sorted(name for name in KINDS if not KINDS[name]().LIBRARIES)
NEEDY = sorted(name for name in KINDS if KINDS[name]().LIBRARIES)


def first_example(kind: str) -> dict[str, Any]:
    """Return the first example on the kind's page, which is known to be right."""
    example = (DOCS / f"{kind}.md").read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    given: dict[str, Any] = yaml.safe_load(example)[0]
    return given


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_is_complete(name: str) -> None:
    kind = KINDS[name]()
    given = first_example(name)
    options = (COMMON + kind.SPEC.for_options(given) + COMMON).validate(given, name)
    assert kind.conditions(options) or name in PROBE_IS_PROOF


@pytest.mark.parametrize("name", BARE)
def test_a_kind_of_the_standard_library_imports_nothing_dear(name: str) -> None:
    dear = "{'requests', 'redis', 'psycopg', 'ssl', 'urllib3', 'http.client'}"
    code = (
        "import sys; from ansible_collections.day2.ops.plugins.module_utils._checks.kinds import KINDS; "
        f"kind = KINDS[{name!r}](); assert not kind.LIBRARIES; print(sorted({dear} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment())
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("kind", NEEDY)
def test_a_missing_library_is_named_and_the_check_unknown(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    library = KINDS[kind]().LIBRARIES[0]
    package = package_of(library)
    monkeypatch.setenv("DAY2_VENV", str(tmp_path))
    loaded = [name for name in sys.modules if name.startswith(f"{library}.")]
    for name in (library, *loaded):
        monkeypatch.setitem(sys.modules, name, None)
    given = {name: value for name, value in first_example(kind).items() if name not in ("name", "kind")}
    given = {name: value for name, value in given.items() if not name.endswith(("_file", "_env"))}
    outcome = attempt(kind, **given)
    assert (outcome.status, outcome.missing_libraries) == ("unknown", (package,))
    assert outcome.reason.startswith(f"the Python library {package} is missing: {sys.executable}; install")


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(filter(None, sys.path))}
