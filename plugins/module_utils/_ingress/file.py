# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A switch that is a file which a proxy reads: nginx, HAProxy, a firewall's rules; checked and reloaded.

While the ingress is closed the file has other content; what it had before stands beside it, and is put back as it was.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.command import run
from .._core.errors import InputError, NotThere, OpsError
from . import outside
from .base import CLOSED, HALF, OPEN, Options
from .beside import Beside, Held, bring, write
from .outside import seen_from_outside
from .written_since import expect_open

__all__ = ["SPEC", "kept_at", "let_go", "position", "seen_from_outside", "turn"]

SPEC = (
    ArgSpec(
        options={
            "path": {"type": "path", "required": True},
            "closed_content": {"type": "str", "required": True},
            "check": {"type": "list", "elements": "str", "default": []},
            "reload": {"type": "list", "elements": "str", "required": True},
            "command_timeout": {"type": "float", "default": 30.0},
        }
    )
    + outside.SPEC
)


def position(options: Options) -> str:
    """Look at the file. :raises OpsError: it cannot be read, or its folder is not there."""
    now = content(options)
    return judged(options, now is not None and now.content == options["closed_content"].encode())


def judged(options: Options, closed: bool) -> str:
    """Return what a file is, as its content is that of a closed one or not. Raises as :func:`position`."""
    beside = _beside(options)
    if closed or beside.is_ours(content(options)):
        return CLOSED
    return HALF if beside.at() else OPEN


def content(options: Options) -> Held | None:
    """Return what the file holds; None when it is not there. Raises as :func:`position`."""
    path = _path(options)
    now = Held.by(path)
    if now is None and not path.parent.is_dir():
        raise NotThere("no such folder", on=str(path.parent), advice="see switch: path")
    return now


def turn(options: Options, state: str) -> None:
    """Write the file, have the proxy check it, reload. :raises OpsError: one fails; the file is as before then."""
    if not options["reload"]:
        raise InputError("switch: reload is empty", advice="expected a program and its arguments")
    if state == CLOSED:
        close(options, options["closed_content"].encode(), position(options) == CLOSED)
    else:
        open_again(options, position(options) == CLOSED)


def close(options: Options, wanted: bytes, closed: bool) -> None:
    """Write ``wanted``, also where nothing needs to be reloaded.

    :param closed: it is closed already: by us, so that what was is kept, or by somebody else, with ``wanted``.
    :raises OpsError: as :func:`turn` does.
    """
    beside, now = _beside(options), content(options)
    if now is None or now.content != wanted:
        if not closed:
            _keep(options, beside, now, wanted)
        write(beside.path, wanted, now)
        if closed:
            beside.remember(wanted, now)  # who dies before this finds it as it is described

    def undo() -> None:
        bring(beside.path, now)
        if not closed:
            beside.drop()
        elif now and beside.at():
            beside.remember(now.content, now)

    _taken(options, undo)


def open_again(options: Options, closed: bool) -> None:
    """Put back what was, unless somebody wrote the file since, who knows better. Raises as :func:`turn`."""
    beside, now = _beside(options), content(options)
    if closed:
        beside.put_back()
    _taken(options, lambda: bring(beside.path, now))


def kept_at(options: Options) -> str:
    """See Keeper.kept_at."""
    return _beside(options).at()


def let_go(options: Options) -> None:
    """See Keeper.let_go."""
    _beside(options).drop()


def _keep(options: Options, beside: Beside, now: Held | None, wanted: bytes) -> None:
    """Keep what the file holds, unless that is kept already, and what it is going to hold."""
    if beside.at() and not beside.is_before(now):
        expect_open(options, str(beside.path), beside.at())
        beside.drop()
    beside.remember(wanted, now)  # first: alone it means nothing
    if not beside.at():
        beside.keep(now)


def _taken(options: Options, undo: Callable[[], None]) -> None:
    """Have the proxy check and take it. :raises OpsError: one fails, and it is undone."""
    try:
        _run(options, "check")
        _run(options, "reload")
    except OpsError:
        undo()
        # the proxy may have taken the new one before it failed
        with suppress(OpsError):
            _run(options, "reload")
        raise


def _beside(options: Options) -> Beside:
    return Beside(_path(options))


def _path(options: Mapping[str, Any]) -> Path:
    """Return the file itself: a link to it, as of a site that is enabled, stays one."""
    path = Path(options["path"])
    if not path.is_absolute():
        raise InputError("switch: path is not absolute", on=str(path))
    return Path(os.path.realpath(path))


def _run(options: Options, name: str) -> None:
    if options[name]:
        run(options[name], options["command_timeout"])
