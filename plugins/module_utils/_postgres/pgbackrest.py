# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What pgBackRest tells of a stanza, and to which moment of it a database may be brought back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from .._core.durations import show_duration
from .._core.errors import InputError, NotThere, OpsError, one_line

# Codes of a stanza or a repository in the output of its command info.
_OK, _NO_PATH, _NO_BACKUP, _NO_DATA = 0, 1, 2, 3
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d:\d\d)(?P<fraction>\.\d{1,6})? ?(?P<zone>Z|UTC|[+-]\d\d(:?\d\d)?)\Z"
)
_KINDS = ("time", "name", "xid", "lsn")
_VERIFIED = re.compile(r"^\s*status: (?P<status>\w+)\s*$", re.MULTILINE)
_COUNT = re.compile(r"(?P<what>missing|checksum invalid|size invalid|other): (?P<number>[1-9]\d*)")
_PART = re.compile(r"\s*(backup|archiveId): ")


def stanza_info(text: str, stanza: str, now: float) -> dict[str, Any]:
    """Return what ``pgbackrest --output=json info`` says of a stanza.

    :param now: seconds since the epoch, for ages.
    :raises OpsError: that is not what it said.
    """
    try:
        found = next(entry for entry in json.loads(text) if entry["name"] == stanza)
        return _info(found, now)
    except StopIteration:
        raise NotThere("pgBackRest knows no such stanza", on=stanza) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OpsError("pgBackRest's info cannot be understood", on=stanza, advice=one_line(text, 200)) from error


def _info(entry: Mapping[str, Any], now: float) -> dict[str, Any]:
    versions = {(base["repo-key"], base["id"]): base["version"] for base in entry.get("db") or ()}
    archived = {(one["database"]["repo-key"], one["database"]["id"]): one for one in entry.get("archive") or ()}
    backups = [_backup(backup, versions, archived) for backup in entry.get("backup") or ()]
    good = [backup for backup in backups if not backup["error"]]
    newest = max(good, key=_finished, default=None)
    full = max((backup for backup in good if backup["type"] == "full"), key=_finished, default=None)
    first = min(good, key=_finished, default=None)
    repositories = [_repository(repository) for repository in entry.get("repo") or ()]
    return {
        "stanza": entry["name"],
        "ok": entry["status"]["code"] == _OK,
        "message": entry["status"]["message"],
        "repositories": repositories,
        "without_stanza": [part["repository"] for part in repositories if part["code"] in (_NO_PATH, _NO_DATA)],
        "without_backup": [part["repository"] for part in repositories if part["code"] == _NO_BACKUP],
        "backups": backups,
        "newest": newest,
        "newest_full": full,
        "age": None if newest is None else round(now - newest["finished_at"], 1),
        "restorable_since": None if first is None else first["finished"],
        "archive": [_archive(archive) for archive in entry.get("archive") or ()],
    }


def _finished(backup: Mapping[str, Any]) -> float:
    return float(backup["finished_at"])


def _repository(repository: Mapping[str, Any]) -> dict[str, Any]:
    status = repository["status"]
    return {
        "repository": repository["key"],
        "code": status["code"],
        "message": status["message"],
        "encrypted": repository["cipher"] != "none",
    }


def _archive(archive: Mapping[str, Any]) -> dict[str, Any]:
    return {"repository": archive["database"]["repo-key"], "first": archive["min"], "last": archive["max"]}


def _backup(
    backup: Mapping[str, Any],
    versions: Mapping[tuple[int, int], str],
    archived: Mapping[tuple[int, int], Mapping[str, Any]],
) -> dict[str, Any]:
    """Return one backup. :param versions, archived: of PostgreSQL, and of the log, by repository and database."""
    base = (backup["database"]["repo-key"], backup["database"]["id"])
    start, stop = backup["timestamp"]["start"], backup["timestamp"]["stop"]
    return {
        "label": backup["label"],
        "type": backup["type"],
        "repository": base[0],
        "postgres": versions.get(base),
        "archive": archived.get(base, {}).get("id"),
        "archived_to": archived.get(base, {}).get("max"),
        "started": _iso(start),
        "finished": _iso(stop),
        "finished_at": stop,
        "seconds": stop - start,
        "size": backup["info"]["size"],
        "stored_size": (backup["info"].get("repository") or {}).get("delta"),
        "needs": list(backup.get("reference") or []),
        "wal_first": backup["archive"]["start"],
        "wal_last": backup["archive"]["stop"],
        "error": bool(backup.get("error")),
    }


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="seconds")


def verified(text: str) -> dict[str, Any]:
    """Return what ``pgbackrest verify --output=text --verbose`` found: ``ok``, and what is ``wrong`` with which part.

    Its exit status is 0 also when something is wrong.
    """
    status = _VERIFIED.search(text)
    if status is not None and status["status"] == "ok":
        return {"ok": True, "wrong": []}
    wrong, part = [], ""
    for line in text.splitlines():
        part = line.split(",")[0].strip() if _PART.match(line) else part
        found = [f"{count['what']} {count['number']}" for count in _COUNT.finditer(line)]
        wrong += [one_line(f"{part}: {', '.join(found)}")] if found else []
    return {"ok": False, "wrong": wrong or [one_line(text, 200) or "verify said nothing"]}


def target(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return how pgBackRest is told up to where to restore: ``type``, ``target`` and, of a time, its ``moment``.

    :param given: one of ``time``, ``name``, ``xid`` and ``lsn``; nothing but empty values mean the archive's end.
    :raises InputError: more than one, or none that can be.
    """
    wanted = {kind: str(given[kind]) for kind in _KINDS if str(given.get(kind) or "")}
    if len(wanted) > 1:
        raise InputError(f"the target is given as {' and '.join(wanted)}", advice="give one of them")
    if not wanted:
        return {"type": "default", "target": "", "moment": None, "told": "the end of the archive"}
    ((kind, value),) = wanted.items()
    if not value.isprintable():
        raise InputError(f"the target {kind} holds what cannot be printed")
    if kind == "time":
        return _time_target(value)
    if kind == "xid" and not value.isdigit():
        raise InputError("the target xid is the number of a transaction", on=value)
    if kind == "lsn" and not re.fullmatch(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}", value):
        raise InputError("the target lsn is a place in the WAL, such as 0/3000050", on=value)
    return {"type": kind, "target": value, "moment": None, "told": f"{kind} {value}"}


def _time_target(value: str) -> dict[str, Any]:
    match = _MOMENT.match(value)
    if match is None:
        raise InputError(
            "the target time cannot be understood",
            on=value,
            advice="expected a day, a time and a zone, such as 2026-03-01 11:59:59+00",
        )
    zone = "+00:00" if match["zone"] in ("Z", "UTC") else _zone(match["zone"])
    fraction = (match["fraction"] or ".0").ljust(7, "0")
    try:
        moment = datetime.strptime(f"{match['day']} {match['time']}{fraction}{zone}", "%Y-%m-%d %H:%M:%S.%f%z")
    except ValueError as error:
        raise InputError("the target time is none", on=value, advice=one_line(error)) from error
    text = f"{match['day']} {match['time']}{match['fraction'] or ''}{zone}"
    return {"type": "time", "target": text, "moment": moment.timestamp(), "told": text}


def _zone(zone: str) -> str:
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return f"{zone[0]}{digits[:2]}:{digits[2:]}"


def chosen_backup(info: Mapping[str, Any], wanted: Mapping[str, Any], label: str, now: float) -> dict[str, Any]:
    """Return the backup with which a restore begins, so that it is known to be there before anything is stopped.

    :param wanted: of :func:`target`. :param label: the one that was asked for; empty lets the newest that fits be.
    :raises InputError: the moment is yet to come. :raises NotThere: no backup fits.
    """
    moment = wanted["moment"]
    if moment is not None and moment > now:
        ahead = show_duration(moment - now)
        raise InputError("the target time is yet to come", on=wanted["told"], advice=f"it is {ahead} ahead of the host")
    good = [backup for backup in info["backups"] if not backup["error"]]
    if label:
        good = [backup for backup in good if backup["label"] == label]
    fit = [backup for backup in good if moment is None or backup["finished_at"] < moment]
    if not fit:
        raise _no_backup(info, wanted, label, good)
    return max(fit, key=_finished)


def _no_backup(
    info: Mapping[str, Any], wanted: Mapping[str, Any], label: str, good: Sequence[Mapping[str, Any]]
) -> OpsError:
    if label and not good:
        known = ", ".join(backup["label"] for backup in info["backups"]) or "none"
        return NotThere("no such backup", on=label, advice=f"there are: {known}")
    if not good:
        return NotThere("there is no backup to restore", on=str(info["stanza"]), advice=str(info["message"]))
    first = min(good, key=_finished)["finished"]
    return NotThere(
        "no backup had ended by then", on=str(wanted["told"]), advice=f"the first that could be used ended at {first}"
    )
