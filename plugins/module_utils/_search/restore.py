# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The operation behind es_snapshot_restore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.durations import show_duration
from .._core.errors import OpsError, Unreachable
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from . import restore_options
from .answers import Conflict, Unavailable
from .connection import Client, connected
from .health import RED, Late, Stuck, await_shards, cluster_health
from .interruption import Interrupted, interruptible
from .restore_alias import Alias
from .restore_choice import chosen, require_not_newer, selected
from .restore_counting import Judged, counted
from .restore_in_place import InPlace
from .restore_naming import stream_targets, targets
from .restore_new import New
from .restore_options import DISK, SHARDS, Options, options_of
from .restore_present import present
from .restore_room import Size, lacking, room, sizes
from .restore_sending import Order, Unclear, send
from .restore_undo import undone
from .restore_work import Mode, Work

SPEC = restore_options.SPEC
_MODES: Mapping[str, type[Mode]] = {mode.NAME: mode for mode in (New, InPlace, Alias)}
_SHOWN = 200


def operate(params: dict[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Restore, or tell what would be done. :raises OpsError: nothing was touched, or what was done is told."""
    if params.get("undo"):
        return undone(params, check_mode)
    began = clock.monotonic()
    options = options_of(params)
    with connected(params) as client:
        work, mode = _looked_up(client, options)
        if not work.resumed:
            _require_room(work, mode)
        if check_mode:
            return _planned(work, mode)
        with interruptible():
            judged, done = _restored(work, mode, clock)
        return _told(work, judged, done, clock.monotonic() - began)


def _looked_up(client: Client, options: Options) -> tuple[Work, Mode]:
    """Return what is to be done. :raises OpsError: it cannot be done."""
    snapshot, warnings = chosen(client, options.repository, options.snapshot, options.name, options.partial)
    require_not_newer(snapshot, client.product, f"{options.repository}/{snapshot.name}")
    selection = selected(snapshot, options.indices)
    kind = _MODES[options.mode]
    renaming = kind.renaming(options, snapshot)
    names, streams = targets(selection, renaming), stream_targets(selection, renaming)
    held = _sizes(client, options, snapshot.name)
    work = Work(
        client=client,
        options=options,
        snapshot=snapshot,
        selection=selection,
        renaming=renaming,
        targets=names,
        streams=streams,
        there=present(client),
        sizes={name: held[name] for name in names if name in held},
        warnings=warnings,
    )
    mode = kind(work)
    mode.look()
    return work, mode


def _sizes(client: Client, options: Options, snapshot: str) -> Mapping[str, Size]:
    """Return what the indices take; nothing when nobody minds. :raises OpsError: the repository does not tell."""
    if options.despite >= {DISK, SHARDS}:
        return {}
    try:
        return sizes(client, options.repository, snapshot)
    except (Unavailable, Unreachable) as error:
        told = f"how much the snapshot takes is not told: {error.failed}"
        advice = f"despite: [{DISK}, {SHARDS}] restores without looking at that"
        raise Unavailable(told, on=error.on, advice=advice) from error


def _require_room(work: Work, mode: Mode) -> None:
    """Refuse where the cluster is not well, or too small. :raises OpsError: so, unless ``despite`` says otherwise."""
    status, red = cluster_health(work.client)
    others = sorted(set(red) - set(work.targets.values()))
    # what is red and restored over is the reason to restore
    if status == RED and (others or not red):
        _refuse(work, restore_options.RED, f"the cluster is red{_named(others)}")
    if not work.sizes:
        return
    for line in lacking(mode.needed().values(), room(work.client), work.options.copies):
        _refuse(work, DISK if line.startswith(DISK) else SHARDS, f"there is no room: {line}")


def _named(indices: list[str]) -> str:
    return f": {', '.join(indices[:5])}" if indices else ""


def _refuse(work: Work, why: str, told: str) -> None:
    if why not in work.options.despite:
        raise Conflict(told, on=work.on, advice=f"despite: [{why}] restores all the same")
    work.warnings.append(f"{work.on}: {told}")


def _order(work: Work, mode: Mode) -> Order:
    options = work.options
    body: dict[str, Any] = {
        "indices": [*work.selection.indices, *work.selection.streams],
        "ignore_unavailable": False,
        "include_global_state": options.global_state,
        "include_aliases": mode.aliases(options) if options.include_aliases is None else options.include_aliases,
        "partial": options.partial,
    }
    if work.renaming is not None:
        body.update(work.renaming.body())
    if options.settings:
        body["index_settings"] = dict(options.settings)
    if options.ignored:
        body["ignore_index_settings"] = options.ignored
    return Order(options.repository, work.snapshot, body, work.targets)


def _restored(work: Work, mode: Mode, clock: Clock) -> tuple[Judged, dict[str, Any]]:
    """Do the work. :raises OpsError: it failed; what became of the cluster is told."""
    until = clock.monotonic() + work.options.seconds
    if not work.resumed:
        _sent(work, mode, clock)
    _awaited(work, mode, until - clock.monotonic(), clock)
    try:
        judged = counted(work)
    except OpsError as error:
        raise _failed(work, error, f"all is restored, but {error.failed}", "the documents were not compared") from error
    if judged.failed:
        return judged, mode.short()
    return judged, mode.finish()


def _sent(work: Work, mode: Mode, clock: Clock) -> None:
    mode.begin()
    try:
        work.sure = send(work.client, _order(work, mode), clock)
    except (Unclear, Interrupted) as error:
        raise _failed(work, error, error.failed, _joined(error.advice, mode.unclear())) from error
    except BaseException as error:
        back = mode.refused()
        if not isinstance(error, OpsError):
            raise
        raise OpsError(
            f"{error.failed}; {back}", on=error.on, advice=error.advice, **{**error.details, **_state(work)}
        ) from error


def _awaited(work: Work, mode: Mode, seconds: float, clock: Clock) -> None:
    """Wait until the shards are there. :raises OpsError: they are not, and what became of them."""
    names = list(work.targets.values())
    try:
        await_shards(work.client, names, work.options.status, max(0.0, seconds), clock)
    except (OpsError, Interrupted) as error:
        raise _unfinished(work, mode, error) from error


def _unfinished(work: Work, mode: Mode, error: OpsError | Interrupted) -> OpsError:
    """Do what is left to do about a restore that began and did not end, and return what to tell."""
    if isinstance(error, Stuck):
        return _failed(work, error, f"the restore failed: {error.failed}", mode.failed(error.status == RED))
    if not isinstance(error, (Late, Interrupted)):
        told = f"the restore began, and then {error.failed}"
        return _failed(work, error, told, _joined(error.advice, mode.unclear()))
    within = f" within {show_duration(work.options.seconds)}" if isinstance(error, Late) else ""
    moving = "" if isinstance(error, Late) and not error.moving else "the restore goes on in the cluster, and "
    again = f"the same call again{work.again} waits for it" if mode.NAME != restore_options.IN_PLACE else ""
    told = f"{error.failed}{within}; {moving}nothing was removed"
    return _failed(work, error, told, _joined(error.advice, again))


def _failed(work: Work, error: OpsError | Interrupted, told: str, advice: str) -> OpsError:
    """Return the error of a restore that had begun."""
    on = f"{work.on} ({error.on})" if error.on else work.on
    return OpsError(told, on=on, advice=advice, **{**error.details, **_state(work), "changed": True})


def _joined(*parts: str) -> str:
    return "; ".join(one for one in parts if one)


def _state(work: Work) -> dict[str, Any]:
    """Return what every result has."""
    return {
        "snapshot": work.snapshot.name,
        "repository": work.options.repository,
        "mode": work.options.mode,
        "bytes": sum(size.bytes for size in work.sizes.values()) if work.sizes else None,
        "indices": [
            {
                "index": source,
                "target": target,
                "existed": target in work.there.indices,
                "bytes": work.sizes[source].bytes if source in work.sizes else None,
            }
            for source, target in sorted(work.targets.items())[:_SHOWN]
        ],
        "index_count": len(work.targets),
        "data_streams": dict(work.streams),
    }


def _planned(work: Work, mode: Mode) -> Result:
    plan = mode.plan()
    changed = not work.resumed or bool(plan.get("swapped"))
    word = "would be restored" if not work.resumed else "had been restored before"
    return Result(
        changed=changed,
        msg=f"{work.on}: {_indices(work)} {word}{_shape(work)}",
        data={**_state(work), **plan},
        diff=_diff(work, plan),
        warnings=work.warnings,
    )


def _indices(work: Work) -> str:
    return "1 index" if len(work.targets) == 1 else f"{len(work.targets)} indices"


def _shape(work: Work) -> str:
    shown = [f"{source} as {target}" for source, target in sorted(work.targets.items())[:3] if source != target]
    return f" ({', '.join(shown)}{', ...' if len(work.targets) > len(shown) else ''})" if shown else ""


def _diff(work: Work, plan: Mapping[str, Any]) -> dict[str, str]:
    """Return what each target and alias is before and after."""
    before, after = [], []
    for source, target in sorted(work.targets.items())[:_SHOWN]:
        known = work.there.indices.get(target)
        was = "absent" if known is None else "open" if known.open else "closed"
        kept = work.resumed and known is not None
        before.append(f"{target}: {f'{source} of {work.on}' if kept else was}")
        after.append(f"{target}: {source} of {work.on}")
    for swap in plan.get("swapped") or ():
        before.append(f"alias {swap['alias']}: {swap['from'] or 'absent'}")
        after.append(f"alias {swap['alias']}: {swap['to']}")
    return {"before": "\n".join([*before, ""]), "after": "\n".join([*after, ""])}


def _told(work: Work, judged: Judged, done: dict[str, Any], seconds: float) -> Result:
    trouble = done.pop("trouble", "")
    lines = [f"{work.on}: {_indices(work)} restored in {show_duration(seconds)}", judged.line()]
    lines += [f"{swap['alias']} leads to {swap['to']}, {swap['from']} is kept" for swap in done.get("swapped") or ()][
        :5
    ]
    changed = not work.resumed or bool(done.get("swapped"))
    if not changed:
        lines[0] = f"{work.on}: {_indices(work)} had been restored before"
    return Result(
        changed=changed,
        failed=judged.failed or bool(trouble),
        msg="; ".join(one for one in [*lines, trouble] if one),
        data={
            **_state(work),
            **done,
            "documents": judged.told(),
            "status": work.options.status,
            "seconds": round(seconds, 3),
        },
        diff=_diff(work, done),
        warnings=[*work.warnings, *judged.warnings],
    )
