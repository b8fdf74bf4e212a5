# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The process that does a job's work, under the account of the job, watched by another that ends it when it hangs.

What is to be done, secrets too, comes by stdin and what came of it goes by stdout, both JSON: nothing of it is in
arguments, in the environment or in a file.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from .._core.errors import InputError, MissingLibrary, OpsError, one_line
from .._core.result import Result
from .scheduled_state import BAD_CONFIGURATION, FAILED, OK, Outcome
from .scheduled_work import WORK

_DIE_WITH_PARENT, _ADOPT_ORPHANS = 1, 36  # of prctl(2)
_ENDED = 128 + signal.SIGTERM


def performed(module: str, options: Mapping[str, Any]) -> Outcome:
    """Validate the options as the module does, do its work, return how it ended."""
    try:
        work = WORK[module]()
    except (ImportError, AttributeError) as error:
        told = f"the program on this host cannot do {module} ({one_line(error)}); run the role cron_backups again"
        return Outcome(BAD_CONFIGURATION, told)
    try:
        result = work.operate(work.spec.validate(options, module), False)
    except (InputError, MissingLibrary) as error:
        return Outcome(BAD_CONFIGURATION, str(error))
    except OpsError as error:
        return Outcome(FAILED, str(error))
    except Exception as error:  # the last net, as in the runner of modules
        return Outcome(FAILED, one_line(f"unexpected {type(error).__name__}: {error}"))
    return _outcome(result)


def _outcome(result: Result) -> Outcome:
    data = {name: result.data.get(name) for name in ("backup", "path", "level", "size")}
    warnings = tuple(map(one_line, result.warnings))
    return Outcome(FAILED if result.failed else OK, one_line(result.msg), data, warnings)


def perform() -> int:
    """Be that process; return its exit status."""
    _prctl(_DIE_WITH_PARENT, signal.SIGTERM)
    # So that those who hold something let go of it: a draft is thrown away, programs are ended.
    signal.signal(signal.SIGTERM, _leave)
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    asked = json.load(sys.stdin)
    outcome = performed(asked["module"], asked["options"])
    with answer:
        json.dump(
            {
                "status": outcome.status,
                "msg": outcome.msg,
                "data": dict(outcome.data),
                "warnings": list(outcome.warnings),
            },
            answer,
        )
    return 0


def _leave(_signal: int, _frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(_ENDED)


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """Be the parent of what our children leave behind, so that it can be found and ended."""
    _prctl(_ADOPT_ORPHANS, 1)
    try:
        yield
    finally:
        _prctl(_ADOPT_ORPHANS, 0)


def _prctl(option: int, value: int) -> None:
    with suppress(OSError, AttributeError):  # what has no such call has no such service
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
