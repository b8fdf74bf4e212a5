# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which files a project of compose is made of, by the rules of compose itself.

They are named to compose, as ours has to come last, and then it looks for none of its own.
https://docs.docker.com/compose/how-tos/environment-variables/envvars/#compose_file tells of the variable; an overriding
file is looked for whatever the first is called, and of several the first counts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from string import Template
from typing import Any

from .._core.errors import AccessDenied, InputError, NotThere

_DEFAULTS = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDING = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
_FILES, _SEPARATOR = "COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR"
_LINE = re.compile(r"\s*(?:export\s+)?(?P<name>\w+)\s*[=:]\s*(?P<value>.*?)\s*")
_QUOTED = re.compile(r"(?P<quote>['\"])(?P<text>.*?)(?P=quote)\s*(?:#.*)?")
_COMMENT = re.compile(r"\s+#.*|\A#.*")


def files_of(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the files of the project as compose looks for them, and ours last.

    :raises NotThere: no folder, or no file in it. :raises InputError: what a file of variables says is not understood.
    """
    folder: str = options["project_dir"]
    if not os.path.isdir(folder):
        raise NotThere("no such folder of a project", on=folder, advice="see project_dir")
    files = options["files"] or _named(folder, options["env_files"]) or _found(folder)
    yield from files
    if options["overrides"] not in files and os.path.exists(os.path.join(folder, options["overrides"])):
        yield options["overrides"]


def _found(folder: str) -> list[str]:
    first = _first(folder, _DEFAULTS)
    if not first:
        raise NotThere("no compose file", on=folder, advice=f"expected one of {', '.join(_DEFAULTS)}, or see files")
    return [*first, *_first(folder, _OVERRIDING)]


def _first(folder: str, names: Sequence[str]) -> list[str]:
    return [name for name in names if os.path.exists(os.path.join(folder, name))][:1]


def _named(folder: str, env_files: Sequence[str]) -> list[str]:
    """Return the files that a variable names: one of the environment before one of a file, the last file first."""
    variables: dict[str, str] = {}
    for name in env_files or [".env"]:
        variables.update(_variables(os.path.join(folder, name)))
    variables.update({name: os.environ[name] for name in (_FILES, _SEPARATOR) if name in os.environ})
    named = variables.get(_FILES, "")
    return [one for one in named.split(variables.get(_SEPARATOR) or os.pathsep) if one]


def _variables(path: str) -> Mapping[str, str]:
    """Return the two variables that are of use from a file of variables, as far as it has them."""
    found: dict[str, str] = {}
    for match in filter(None, map(_LINE.fullmatch, _lines(path))):
        if match["name"] in (_FILES, _SEPARATOR):
            found[match["name"]] = _value(match["value"], found, path)
    return found


def _lines(path: str) -> list[str]:
    """Return the lines of a file; none where there is no file, which compose itself tells of where it has to be."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except (FileNotFoundError, IsADirectoryError):
        return []
    except OSError as error:
        raise AccessDenied(f"cannot be read ({error.strerror})", on=path, advice="run with become") from error


def _value(text: str, before: Mapping[str, str], path: str) -> str:
    """Return what a variable is set to. :param before: those of the same file that are set before it."""
    quoted = _QUOTED.fullmatch(text)
    value = quoted["text"] if quoted else _COMMENT.sub("", text)
    if quoted and quoted["quote"] == "'":
        return value
    value = Template(value).safe_substitute({**before, **os.environ})
    if "$" in value:
        raise InputError(f"{_FILES} is not understood", on=path, advice="name the files in the option files")
    return value
