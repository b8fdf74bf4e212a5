# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Documents that are files of JSON or YAML: the kind ``file``, with a content that is made of what the file holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError, one_line
from .._core.libraries import load
from . import file
from .base import CLOSED, Options
from .document_entries import held, replaced
from .file import kept_at, let_go

__all__ = ["SPEC", "kept_at", "let_go", "position", "turn"]

SPEC = ArgSpec(
    options={
        "path": {"type": "path", "required": True},
        "closed_entries": {"type": "dict", "required": True},
        "format": {"type": "str", "choices": ["json", "yaml"]},
        "check": {"type": "list", "elements": "str", "default": []},
        "reload": {"type": "list", "elements": "str", "default": []},
        "command_timeout": {"type": "float", "default": 30.0},
    }
)


def position(options: Options) -> str:
    """Read the file; one that is not there has none of the entries. :raises OpsError: it cannot be read."""
    return file.judged(options, _held(options))


def turn(options: Options, state: str) -> None:
    """Write it with the entries, or put back what was there; a program that fails undoes it.

    :raises OpsError: as file.close and file.open_again do.
    """
    closed = position(options) == CLOSED
    if state == CLOSED:
        file.close(options, _wanted(options), closed)
    else:
        file.open_again(options, closed)


def _held(options: Options) -> bool:
    entries, now = _entries(options), file.content(options)
    return now is not None and held(_read(options, now.content), entries)


def _wanted(options: Options) -> bytes:
    """Return the file with the entries; one that has them is left as it is written."""
    now = file.content(options)
    if now is not None and _held(options):
        return now.content
    document = {} if now is None else _read(options, now.content)
    return _written(options, replaced(document, _entries(options), str(options["path"]))).encode()


def _entries(options: Options) -> Mapping[str, Any]:
    entries: Mapping[str, Any] = options["closed_entries"]
    if not entries:
        raise InputError("switch: closed_entries is empty", advice="expected paths and the values they are to have")
    return entries


def _format(options: Options) -> str:
    given = options["format"] or {".json": "json", ".yml": "yaml", ".yaml": "yaml"}.get(Path(options["path"]).suffix)
    if not given:
        raise InputError("switch: format is needed", on=str(options["path"]), advice="expected json or yaml")
    return str(given)


def _read(options: Options, text: bytes) -> Any:
    """Return what the text says. :raises OpsError: it is not of that format."""
    form = _format(options)
    try:
        if form == "json":
            return json.loads(text)
        return load("yaml").safe_load(text)
    except OpsError:
        raise
    except Exception as error:  # yaml's own errors have a base class that is known once it is there
        said = one_line(error, 100)
        raise OpsError(f"the file is not {form.upper()}", on=str(options["path"]), advice=said) from error


def _written(options: Options, document: Any) -> str:
    if _format(options) == "json":
        return json.dumps(document, indent=2) + "\n"
    text: str = load("yaml").safe_dump(document, sort_keys=False, allow_unicode=True)
    return text
