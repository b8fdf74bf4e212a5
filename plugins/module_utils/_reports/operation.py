# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""From the options of ``report`` to files on the controller."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._core.files import atomic_write, write_json
from .._core.result import Result
from . import html, model

SPEC = ArgSpec(
    options={
        "name": {"type": "str", "required": True},
        "title": {"type": "str", "default": ""},
        "dir": {"type": "path", "default": "reports"},
        "status": {"type": "str", "choices": ["passed", "failed", "unknown"]},
        "summary": {"type": "str", "default": ""},
        "hosts": {"type": "dict", "default": {}},
        "window": {"type": "dict", "default": {}},
    }
)


def operate(params: Mapping[str, Any], check_mode: bool) -> Result:
    """Write the report as JSON and HTML, both whole or not at all; in check mode only say what it would hold.

    :raises InputError: a name that leads out of the folder. :raises OpsError: the folder cannot be made or written.
    """
    if "/" in params["name"] or params["name"].startswith("."):
        raise InputError("not a usable report name", on=params["name"], advice="expected a name without '/'")
    report = model.build(params)
    folder = Path(params["dir"]).expanduser().absolute()
    stem = f"{params['name']}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    files = {"json": folder / f"{stem}.json", "html": folder / f"{stem}.html"}
    if not check_mode:
        _write(folder, files, report)
    return Result(
        changed=True,
        msg=f"{report['status']}: {report['summary']}",
        data={"report": report, "lines": model.lines(report), "json": str(files["json"]), "html": str(files["html"])},
    )


def _write(folder: Path, files: Mapping[str, Path], report: model.Report) -> None:
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise OpsError(f"cannot make the folder ({error.strerror})", on=str(folder)) from error
    write_json(files["json"], report, mode=0o640)
    atomic_write(files["html"], html.page(report).encode(), mode=0o640)
