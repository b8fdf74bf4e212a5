# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""From the options of ``report`` to files on the controller."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._core.result import Result
from . import files, model, terminal
from .forms import FORMS
from .sections import SECTION_OPTIONS

SPEC = ArgSpec(
    options={
        "name": {"type": "str", "required": True},
        "title": {"type": "str", "default": ""},
        "dir": {"type": "path", "default": "reports"},
        "formats": {"type": "list", "elements": "str", "choices": list(FORMS), "default": ["json", "html"]},
        "keep": {"type": "int", "default": 0},
        "textfile_dir": {"type": "path"},
        "status": {"type": "str", "choices": list(model.REPORT_STATUSES)},
        "summary": {"type": "str", "default": ""},
        "hosts": {"type": "dict", "default": {}},
        "history": {"type": "dict", "default": {}},
        "window": {"type": "dict", "default": {}},
        "sections": {"type": "list", "elements": "dict", "options": SECTION_OPTIONS, "default": []},
    }
)

# Results of hundreds of hosts: looking through them for types, as all options are, would take longer than the report.
_LARGE = ("hosts", "history")

# A file's name may have 255 bytes, of which time and ending need their share.
_NAME_BYTES = 200


def validated(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task's arguments with types converted and defaults filled in; the large ones are taken as they are.

    :raises InputError: an unknown, missing or ill-typed option.
    """
    large = {name: arguments[name] for name in _LARGE if isinstance(arguments.get(name), dict)}
    return {**SPEC.validate({**arguments, **{name: {} for name in large}}, "arguments"), **large}


def operate(params: Mapping[str, Any], check_mode: bool, known: Iterable[str] = ()) -> Result:
    """Write the report in each form, whole or not at all; in check mode only say what it would hold.

    Where the folder cannot be made or written the result has failed, and holds the report all the same: people can be
    shown and told what it says.

    :raises InputError: a name that leads out of the folder, or results that are not in their shape.
    """
    _refuse_wrong(params)
    now = time.time()
    report = model.build(params, now, known)
    places = files.Places(Path(params["dir"]).expanduser().absolute(), params["name"], now)
    written = {form: str(places.of(FORMS[form])) for form in params["formats"]}
    textfile = Path(params["textfile_dir"]).expanduser() / f"{params['name']}.prom" if params["textfile_dir"] else None
    shown = {"report": _without_checks(report), "lines": terminal.lines(report)}
    warnings: list[str] = []
    if not check_mode:
        try:
            warnings = _write(params, report, places, textfile)
        except OpsError as error:
            return Result(failed=True, msg=str(error), data=shown)
    return Result(
        changed=True,
        msg=f"{report['status']}: {report['summary']}",
        data={
            **shown,
            "files": {**written, **({"textfile": str(textfile)} if textfile else {})},
            **{form: path for form, path in written.items() if form in ("json", "html")},
        },
        warnings=warnings,
    )


def _write(params: Mapping[str, Any], report: model.Report, places: files.Places, textfile: Path | None) -> list[str]:
    """Write the files and remove old ones; return what could not be removed.

    :raises OpsError: the folder cannot be made or written.
    """
    for form in params["formats"]:
        places.write(FORMS[form], FORMS[form].text(report))
    if textfile:
        files.write_for_all(textfile, FORMS["prometheus"].text(report))
    return places.remove_old(params["keep"])


def _without_checks(report: model.Report) -> model.Report:
    """Return what a playbook needs of a report: thousands of checks would cost Ansible seconds, and a screen at -v."""
    hosts = {
        host: {key: value for key, value in result.items() if key != "checks"}
        for host, result in report["hosts"].items()
    }
    return {**report, "hosts": hosts}


def _refuse_wrong(params: Mapping[str, Any]) -> None:
    name = params["name"]
    usable = (
        "/" not in name and not name.startswith(".") and name.isprintable() and 0 < len(name.encode()) <= _NAME_BYTES
    )
    if not usable:
        raise InputError("not a usable report name", on=name, advice="expected a name without '/'")
    if params["keep"] < 0:
        raise InputError("keep is too small", on=str(params["keep"]), advice="expected 0 (all) or more")
