# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The operation behind redis_restore: the server's files are replaced, or its keys are written anew one by one."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of, show_duration
from .._core.errors import AccessDenied, InputError, NotThere, OpsError, Unreachable
from .._core.redis_connection import SPEC as CONNECTION
from .._core.redis_connection import connect
from .._core.result import Result
from .draft import read_back
from .opened import Opened
from .opening import opened_backup
from .options import READING
from .redis_files import Layout, Placing, staged
from .redis_info import ask_info, keyspace, number
from .redis_kind import checked, counted_if_known
from .redis_programs import look_first_in
from .redis_rdb import Counted
from .redis_replay import replay
from .redis_save import save, setting
from .redis_server import connected, default_name, require_primary
from .redis_switch import SPEC as SWITCH
from .redis_switch import Switch, Unit, await_gone, switch_of
from .redis_verify import require_restored

PLACE, REPLAY = "place", "replay"

SPEC = (
    CONNECTION
    + ArgSpec(
        options={
            "method": {"type": "str", "choices": [PLACE, REPLAY], "default": PLACE},
            "force": {"type": "bool", "default": False},
            "flush": {"type": "bool", "default": False},
            "dir": {"type": "path"},
            "dbfilename": {"type": "str"},
            "appendonly": {"type": "bool"},
            "appendfilename": {"type": "str"},
            "appenddirname": {"type": "str"},
            "bin_dir": {"type": "path"},
        }
    )
    + SWITCH
    + READING
)


@dataclass(frozen=True)
class _Target:
    """The server that is restored. :param info: what it told of itself; None when it does not run."""

    client: Any
    on: str
    info: Mapping[str, str] | None
    options: Mapping[str, Any]
    wait: float

    def look(self) -> dict[str, str]:
        return ask_info(self.client, self.on)

    def keys(self) -> int:
        return sum(database["keys"] for database in keyspace(self.info or {}).values())

    def replicas(self) -> int:
        return number(self.info or {}, "connected_slaves") or 0


def operate(params: dict[str, Any], check_mode: bool) -> Result:
    """Restore a backup, or tell what would be done. :raises OpsError: the server is as it was, or as is told."""
    begin = time.monotonic()
    look_first_in(params["bin_dir"])
    _require_sense(params)
    with opened_backup(params, "redis", default_name(params)) as backup, connected(params) as (client, on):
        target = _target(client, on, params)
        _require_force(target)
        read_back(backup.folder, backup.manifest.files)
        counted = _read(backup)
        way = _placed if params["method"] == PLACE else _replayed
        outcome = way(target, backup, counted, check_mode)
    keys = backup.manifest.facts.get("keys") if counted is None else counted.keys
    seconds = round(time.monotonic() - begin, 3)
    done = "would be restored" if check_mode else f"restored in {show_duration(seconds)}"
    data = {
        "backup": backup.folder.name,
        "path": str(backup.folder),
        "keys_in_backup": keys,
        "keys_before": None if target.info is None else target.keys(),
        "seconds": seconds,
        **outcome,
    }
    before = "a server that does not run\n" if target.info is None else f"{target.keys()} keys\n"
    return Result(
        changed=True,
        msg=f"{on}: {done} from {backup.folder.name}, {keys} keys",
        data=data,
        diff={"before": before, "after": f"{keys} keys of {backup.folder.name}\n"},
        warnings=[*backup.warnings, *_warnings(target)],
    )


def _require_sense(params: Mapping[str, Any]) -> None:
    """Refuse options that make no sense together, before anything is looked at. :raises InputError: so."""
    if params["method"] == PLACE and params.get("sentinels"):
        raise InputError(
            "sentinels would take the restart of a primary for its end, and choose another with the old data",
            advice="stop them, and name the primary with login_host; or use method: replay",
        )
    if params["flush"] and params["method"] != REPLAY:
        raise InputError("flush is for method: replay; to place files replaces all keys anyway")


def _target(client: Any, on: str, params: Mapping[str, Any]) -> _Target:
    """Look at the server. :raises OpsError: it is a replica, or loads its data. :raises Unreachable: it is needed."""
    wait = seconds_of("wait", params["wait"])
    try:
        info = ask_info(client, on)
    except Unreachable as error:
        if params["method"] != PLACE or "no connection" not in error.failed:
            raise
        return _Target(client, on, None, params, wait)
    require_primary(info, on)
    if info.get("loading") == "1":
        raise Unreachable("the server is still loading its data", on=on, advice="restore when it has")
    return _Target(client, on, info, params, wait)


def _require_force(target: _Target) -> None:
    """Refuse to replace what a server holds without force. :raises OpsError: so."""
    if target.options["force"]:
        return
    if target.keys():
        raise OpsError(
            f"the server holds {target.keys()} keys", on=target.on, advice="to replace them, say force: true"
        )
    if target.info is None and _layout(target).there():
        raise OpsError(
            "the server does not run, and has files",
            on=target.options["dir"],
            advice="to put them aside, say force: true",
        )


def _read(backup: Opened) -> Counted | None:
    """Have the backup checked where there is a program for it, and count what is in it."""
    try:
        return checked(backup)
    except NotThere:
        return counted_if_known(backup)  # the server checks it when it loads it


def _layout(target: _Target) -> Layout:
    """Return where the server has its files, by what it tells and what was given.

    :raises InputError: it does not run, and not all that is needed was given.
    """

    def told(name: str) -> Any:
        given = target.options[name]
        return setting(target.client, name) if given is None and target.info is not None else given

    folder, append_only = told("dir"), told("appendonly")
    if folder is None or append_only is None:
        raise InputError(
            "the server does not tell where it has its files", on=target.on, advice="give dir, dbfilename, appendonly"
        )
    append_file = told("appendfilename") or "appendonly.aof"
    append_folder = told("appenddirname")
    if append_folder is None and target.info is None and not (Path(folder) / append_file).is_file():
        append_folder = "appendonlydir"  # what is there says no other than that it is Redis 7 or later
    return Layout(
        Path(folder), told("dbfilename") or "dump.rdb", append_only in (True, "yes"), append_file, append_folder or None
    )


def _require_here(target: _Target, layout: Layout) -> None:
    """Refuse a folder that the server named and that is another one on this host. :raises InputError: so."""
    if target.info is None or target.options["dir"] is not None:
        return
    process = number(target.info, "process_id")
    try:
        # a server works in the folder of its files
        same = os.path.samefile(f"/proc/{process}/cwd", layout.folder)
    except PermissionError as error:
        told = "cannot see whether the server runs on this host"
        raise AccessDenied(told, on=target.on, advice="run as root, or give dir") from error
    except OSError:
        same = False
    if not same:
        raise InputError(
            "the server does not run on this host, or runs in a container",
            on=target.on,
            advice="run the module where it does; for a container, give dir as this host sees it",
        )


def _placed(target: _Target, backup: Opened, counted: Counted | None, check_mode: bool) -> dict[str, Any]:
    """Replace the server's files while it is stopped; put the old ones back if it does not come up with the keys."""
    switch = switch_of(target.options, target.wait)
    layout = _layout(target)
    _require_here(target, layout)
    told = {"append_only": layout.append_only, "dir": str(layout.folder)}
    if check_mode:
        return {**told, "replaced": layout.there(), "kept": None}
    stamp = f"{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    with staged(backup, layout, stamp) as placing:
        if target.keys() and not layout.append_only:
            # what is only in memory is to be in the files that are put aside
            save(target.client, target.on, time.monotonic() + target.wait)
        replaced = layout.there()
        if target.info is not None:
            with _started_again_on_failure(target, switch):
                switch.stop()
                await_gone(target.look, target.on, target.wait)
        with _put_back_on_failure(target, switch, placing):
            placing.put_aside()
            placing.place()
            switch.start()
            verified = require_restored(target.client, _loaded(target), target.on, counted, backup.manifest.facts)
        return {**told, "replaced": replaced, "kept": str(placing.aside) if placing.aside else None, **verified}


def _loaded(target: _Target, failed: str = "the server does not come up with the backup") -> dict[str, str]:
    """Wait until the server answers and has loaded its data; return what it tells. :raises Unreachable: it does not."""
    end = time.monotonic() + target.wait
    while True:
        try:
            info = target.look()
            if info.get("loading") == "0":
                return info
            reason = "it still loads its data"
        except Unreachable as error:
            reason = error.failed
        if time.monotonic() > end:
            raise Unreachable(failed, on=target.on, advice=reason)
        time.sleep(0.05)


@contextmanager
def _started_again_on_failure(target: _Target, switch: Switch) -> Iterator[None]:
    """Have the server run when the block, which stops it and moves nothing, fails.

    A stop that timed out may still come to its end: a server writes its data first.

    :raises OpsError: what failed in the block, and whether the server runs.
    """
    try:
        yield
    except BaseException as error:
        failed = error if isinstance(error, OpsError) else OpsError(f"interrupted: {type(error).__name__}")
        # a refusal leaves it running, and is seen at once
        refused = isinstance(error, OpsError) and not isinstance(error, Unreachable)
        try:
            _run_again(target, switch, 0.0 if refused else target.wait)
        except OpsError as worse:
            raise OpsError(
                f"{failed.failed}; and {worse.failed}",
                on=target.on,
                advice="start the server; its files are where they were",
                **{**failed.details, "changed": True},
            ) from error
        raise OpsError(
            failed.failed, on=failed.on, advice=f"nothing was moved, the server runs; {failed.advice}", **failed.details
        ) from error


def _run_again(target: _Target, switch: Switch, patience: float) -> None:
    """Start the server once it is gone. :raises OpsError: it cannot be started, or does not answer."""
    try:
        await_gone(target.look, target.on, patience)
        gone = True
    except OpsError:
        gone = False
    # systemd starts a unit after its stop, or leaves it; a command would start a second server beside the first
    if gone or isinstance(switch, Unit):
        switch.start()
    _loaded(target, "the server does not come up again")


@contextmanager
def _put_back_on_failure(target: _Target, switch: Switch, placing: Placing) -> Iterator[None]:
    """Have the old files back, and the server started with them, when the block fails.

    :raises OpsError: what failed in the block, and whether the old data are back.
    """
    try:
        yield
    except BaseException as error:
        failed = error if isinstance(error, OpsError) else OpsError(f"interrupted: {type(error).__name__}")
        try:
            _back(target, switch, placing)
        except OpsError as worse:
            raise OpsError(
                f"{failed.failed}; and {worse.failed}",
                on=target.on,
                advice=f"old files: {placing.aside}",
                **{**failed.details, "changed": True},
            ) from error
        raise OpsError(
            failed.failed, on=failed.on, advice=f"the old data are back; {failed.advice}", **failed.details
        ) from error


def _back(target: _Target, switch: Switch, placing: Placing) -> None:
    try:
        switch.stop()
    except OpsError:
        await_gone(target.look, target.on, 0.0)  # there may be nothing to stop
    await_gone(target.look, target.on, target.wait)
    placing.take_back()
    if target.info is not None:
        switch.start()
        _loaded(target)


def _replayed(target: _Target, backup: Opened, counted: Counted | None, check_mode: bool) -> dict[str, Any]:
    """Write the keys by commands, from a scratch server. :raises OpsError: its details tell what was changed."""
    del counted
    if check_mode:
        return {"written": None}
    return replay(lambda number: connect({**target.options, "db": number}), target.on, backup, target.options["flush"])


def _warnings(target: _Target) -> Iterator[str]:
    if target.replicas() and target.options["method"] == PLACE:
        yield (
            f"{target.on} has {target.replicas()} replicas: they take over all data anew; where sentinels watch, a "
            "failover while it is down would bring the old data back"
        )
