# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Operations inside the controller's own process: what the runner is for modules, this is for action plugins."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Mapping
from typing import Any, Callable

from ansible.module_utils.common.parameters import remove_values

from .argspec import ArgSpec
from .errors import OpsError, one_line
from .result import Result
from .secrets import option_secrets

Operation = Callable[[dict[str, Any], bool], Result]


def run_here(spec: ArgSpec, arguments: Mapping[str, Any], operation: Operation, check_mode: bool) -> dict[str, Any]:
    """Validate ``arguments``, run ``operation(params, check_mode)`` and return a task result. Never raises.

    Such a task needs no connection and no module to be sent, which is half a second less on each call. Secrets that the
    arguments hold are masked wherever they stand in a text of the result, as a module does. Numbers stay: a password of
    digits is none because as many letters were moved, and who reads a number wants one.
    """
    result = _run(spec, arguments, operation, check_mode)
    return _without(result, set(option_secrets(arguments)))


def _without(result: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
    """Return a copy of the result with the secrets in its texts masked. It may be nested as deep as it likes."""
    copy = dict(result)
    unread: list[Any] = [copy]
    while unread:
        box = unread.pop()
        for key, inner in list(box.items() if isinstance(box, dict) else enumerate(box)):
            if isinstance(inner, str):
                box[key] = remove_values(inner, secrets)
            elif isinstance(inner, (dict, list, tuple)):
                box[key] = dict(inner) if isinstance(inner, dict) else list(inner)
                unread.append(box[key])
    return copy


def plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task's arguments as a module would get them: nothing but what JSON has, no types of Ansible's own."""
    values: dict[str, Any] = json.loads(json.dumps(arguments, default=str))
    return values


def _run(spec: ArgSpec, arguments: Mapping[str, Any], operation: Operation, check_mode: bool) -> dict[str, Any]:
    try:
        result = operation(spec.validate(arguments, "arguments"), check_mode)
    except OpsError as error:
        return {"failed": True, "msg": str(error), **error.details}
    except Exception as error:  # the last net: no traceback reaches a user
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(frame.filename)}:{frame.lineno}"
        what = one_line(f"{type(error).__name__}: {error}", 300)
        return {"failed": True, "msg": f"unexpected error in day2.ops at {place}: {what}; please report it"}
    told = result.as_exit_arguments()
    return {**told, "failed": result.failed, "warnings": [one_line(warning) for warning in result.warnings]}
