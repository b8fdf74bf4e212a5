# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""From the options of ``check_history`` to the histories on the controller: what was, and adding what is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._core.result import Result
from . import store
from .run import Run, run_of

SPEC = ArgSpec(
    options={
        "service": {"type": "str"},
        "services": {"type": "dict", "default": {}},
        "state_dir": {"type": "path", "default": "~/.local/state/day2"},
        "hosts": {"type": "dict", "required": True},
        "keep": {"type": "int", "default": 30},
    },
    required_one_of=[("service", "services")],
)


def operate(params: Mapping[str, Any], check_mode: bool) -> Result:
    """Return the runs before this one by host, and add this one; in check mode nothing is added.

    A history that cannot be read or written is a warning: it must not hide what the checks of today came to.

    :raises InputError: a service's name that is missing or is none, or ``keep`` below 1; nothing is written then.
    """
    if params["keep"] < 1:
        raise InputError("keep is too small", on=str(params["keep"]), advice="expected 1 or more")
    folders = {host: _folder(params, host) for host in params["hosts"]}
    now = time.time()
    history: dict[str, list[Run]] = {}
    warnings: list[str] = []
    for host, folder in folders.items():
        try:
            history[host] = store.read(folder, host)
        except OpsError as error:
            history[host] = []
            warnings += [f"{host}: {error}"] if check_mode else []
        if not check_mode:
            warnings += _add(folder, host, run_of(params["hosts"][host] or {}, now), params["keep"])
    return Result(
        changed=bool(params["hosts"]) and not check_mode,
        msg=f"{len(history)} hosts",
        data={"history": history},
        warnings=warnings,
    )


def _folder(params: Mapping[str, Any], host: str) -> Path:
    """Return the folder of the host's service.

    :raises InputError: no service is named for it, or the name is none.
    """
    service = params["services"].get(host, params.get("service"))
    if not service:
        raise InputError("no service is named for the host", on=host, advice="give service, or services for each host")
    return store.folder_of(params["state_dir"], str(service))


def _add(folder: Path, host: str, run: Run, keep: int) -> list[str]:
    try:
        told = store.append(folder, host, run, keep)
    except OpsError as error:
        told = str(error)
    return [f"{host}: {told}"] if told else []
