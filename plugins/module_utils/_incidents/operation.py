# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The operation behind ``incident``: open an incident, add to it, note who was told, close it. On the controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import show_duration
from .._core.errors import InputError, OpsError, Unreachable, one_line
from .._core.masking import masked
from .._core.moments import moment, written_utc
from .._core.result import Result
from .._core.secrets import nested_secrets
from .._core.waiting import SYSTEM_CLOCK, Clock
from . import bundle
from .follow_ups import follow_ups, post_mortem
from .record import ASSESSED, CLOSED, COMMUNICATED, MITIGATED, OPEN, Record, Records, assess, new, new_id, note, who
from .severity import Severity, named, rules_of, suggested

UPDATE, CLOSE, TOLD = "update", "close", "told"
SPEC = ArgSpec(
    options={
        "service": {"type": "str", "required": True},
        "state_dir": {"type": "path", "default": "~/.local/state/day2"},
        "do": {"type": "str", "default": UPDATE, "choices": [UPDATE, CLOSE, TOLD]},
        "id": {"type": "str", "default": ""},
        "severity": {"type": "str", "default": ""},
        "severities": {"type": "list", "elements": "dict", "default": []},
        "note": {"type": "str", "default": ""},
        "hosts": {"type": "dict", "default": {}},
        "findings": {"type": "list", "elements": "dict", "default": []},
        "pieces": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "content": {"type": "raw"},
                "text": {"type": "str"},
                "file": {"type": "path"},
                "missing": {"type": "str"},
            },
        },
        "hide": {"type": "raw"},
        "kept": {"type": "dict", "default": {}},
        "not_told": {"type": "list", "elements": "str", "default": []},
    }
)
_BECAUSE = 3  # reasons that a message names


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Do what ``do`` says. In check mode nothing is written.

    :raises InputError: an option is wrong. :raises NotThere: no such incident. :raises OpsError: a file's.
    """
    rules = rules_of(params["severities"])
    bundle.check_names([piece["name"] for piece in params["pieces"]])
    if params["severity"]:
        named(rules, params["severity"])
    records = Records(Path(params["state_dir"]).expanduser().absolute(), params["service"])
    work = {UPDATE: _update, CLOSE: _close, TOLD: _told}[params["do"]]
    with ExitStack() as stack:
        lost = ""
        if not check_mode and (params["do"] == UPDATE or records.folder.is_dir()):  # what ends one makes no folder
            try:
                stack.enter_context(records.guarded())
            except Unreachable:
                raise  # somebody is at it right now
            except OpsError as error:  # a full disk is no reason to tell nobody
                lost = str(error)
        return work(_Work(params, records, rules, clock.time(), check_mode or bool(lost), lost))


class _Work:
    """One call: its options, the records, the rules, and the time."""

    def __init__(
        self,
        params: Mapping[str, Any],
        records: Records,
        rules: Sequence[Mapping[str, Any]],
        now: float,
        dry: bool,
        lost: str = "",
    ) -> None:
        """:param dry: write nothing. :param lost: why nothing can be written, for ``missing``."""
        self.params, self.records, self.rules, self.now, self.dry = params, records, rules, now, dry
        self.missing = [lost] if lost else []
        self.by = who()

    def meant(self) -> str:
        """Return the id that is meant: the one given, or the only one that is open; empty for a new one.

        :raises InputError: several are open.
        """
        if self.params["id"]:
            return str(self.params["id"])
        opened = self.records.opened()
        if len(opened) > 1:
            raise InputError(
                f"{len(opened)} incidents of {self.records.service} are open",
                on=", ".join(opened),
                advice="name one, with -e incident=ID or the option id",
            )
        return opened[0] if opened else ""

    def add_note(self, record: Record) -> None:
        """Write down the note that was given, if any."""
        if self.params["note"]:
            note(record, MITIGATED, self.now, self.by, masked(one_line(self.params["note"], 1000)))

    def result(self, record: Record, changed: bool, msg: str, **more: Any) -> Result:
        """Return what is told of an incident; its record is kept, and what could not be had is told."""
        if changed and not self.dry:
            try:
                self.records.write(record)
            except OpsError as error:  # people are told all the same
                self.missing.append(str(error))
        path = str(self.records.bundle(record["id"]))
        severity = named(self.rules, record["severity"]) if _is_known(self.rules, record["severity"]) else None
        told = {
            **{name: record[name] for name in ("id", "service", "state", "severity", "runs", "kept")},
            **{name: record[name] for name in ("opened_at", "opened_by", "closed_at", "respond_by", "log")},
            "means": severity.means if severity else "",
            "respond_within": show_duration(severity.respond) if severity else "",
            "lasted": _lasted(record, self.now),
            "bundle": path,
        }
        todo = follow_ups(record, self.params["findings"], path)
        data = {"incident": told, "follow_ups": todo, "missing": self.missing, "first": False, "already": False}
        return Result(changed=changed, msg=msg, data={**data, **more})


def _is_known(rules: Sequence[Mapping[str, Any]], name: str) -> bool:
    return any(rule["name"] == name for rule in rules)


def _lasted(record: Record, now: float) -> str:
    began, ended = moment(record["opened_at"]), moment(record["closed_at"])
    return show_duration(max(0.0, (ended or now) - (began or now)))


def _update(work: _Work) -> Result:
    """Open the incident, or add to it."""
    params = work.params
    suggestion = suggested(work.rules, params["hosts"], params["findings"])
    chosen = named(work.rules, params["severity"], suggestion.because) if params["severity"] else suggestion
    meant = work.meant()
    first = not meant or not work.records.path(meant).exists()
    record = (
        new(work.records.service, meant or new_id(work.now), chosen, work.now, work.by)
        if first
        else work.records.read(meant)
    )
    if record["state"] != OPEN:
        raise InputError(
            f"the incident {record['id']} is closed", advice="leave the id out, or give another, for a new one"
        )
    ranks = {rule["name"]: rank for rank, rule in enumerate(work.rules)}
    changed = assess(record, chosen, ranks, bool(params["severity"]), work.now)
    record["is_set"] = record["is_set"] or bool(params["severity"])
    record["runs"] += 1
    note(record, ASSESSED, work.now, work.by, _assessment(record, suggestion, changed))
    work.add_note(record)
    _collect(work, record)
    msg = _message(work, record, suggestion, "opened" if first else "made worse or better" if changed else "")
    more = {"first": first, "suggested": suggestion.name, "because": list(suggestion.because)}
    return work.result(record, True, msg, **more)


def _assessment(record: Record, suggestion: Severity, changed: bool) -> str:
    because = "; ".join(suggestion.because[:_BECAUSE]) or "nothing that is down"
    so = "" if suggestion.name == record["severity"] else f", {suggestion.name} is suggested"
    return masked(f"severity {record['severity']}{' from now on' if changed else ''}{so}: {because}")


def _message(work: _Work, record: Record, suggestion: Severity, news: str) -> str:
    """Return what people are told."""
    severity = named(work.rules, record["severity"])
    because = "; ".join(suggestion.because[:_BECAUSE])
    head = f"{severity.name} incident {record['id']} of {record['service']}"
    since = f", open for {_lasted(record, work.now)}" if news != "opened" else ""
    lines = [f"{head}: {severity.means or severity.name}{since}"]
    lines += [f"Seen: {because}"] if because else []
    lines.append(f"Answer within {show_duration(severity.respond)}, by {record['respond_by']}")
    if suggestion.name != severity.name:
        lines.append(f"What is seen now suggests {suggestion.name}; -e severity={suggestion.name} sets it")
    if work.params["note"]:
        lines.append(f"Done: {one_line(work.params['note'], 300)}")
    return masked("\n".join(lines))


def _collect(work: _Work, record: Record) -> None:
    """Put the pieces into the archive, and note which could not be had, and why."""
    secrets = {*nested_secrets(work.params["hide"]), *nested_secrets(work.params["pieces"])}
    pieces, missing = {}, work.missing
    for piece in work.params["pieces"]:
        try:
            if piece["missing"]:
                raise OpsError(piece["missing"])
            pieces[piece["name"]] = bundle.render(piece, secrets)
        except OpsError as error:
            missing.append(masked(f"{piece['name']}: {error}"))
    lasted = _lasted(record, work.now)
    own: dict[str, dict[str, Any]] = {
        "incident.json": {"name": "incident.json", "content": record},
        "missing.txt": {"name": "missing.txt", "text": "\n".join(missing) or "nothing is missing"},
        "post-mortem.md": {"name": "post-mortem.md", "text": post_mortem(record, work.params["findings"], lasted)},
    }
    pieces.update({name: bundle.render(piece, secrets) for name, piece in own.items()})
    if work.dry:
        return
    folder = f"{written_utc(work.now).replace(':', '')}-{record['runs']}"
    try:
        bundle.append(work.records.bundle(record["id"]), folder, pieces, work.now)
    except OpsError as error:  # without evidence it is an incident all the same
        missing.append(str(error))


def _close(work: _Work) -> Result:
    """End the incident. One that has ended already stays as it is."""
    meant = work.meant()
    if not meant:
        raise InputError(
            f"no incident of {work.records.service} is open", advice="name one, with -e incident=ID or the option id"
        )
    record = work.records.read(meant)
    if record["state"] == CLOSED:
        lasted = _lasted(record, work.now)
        said = f"incident {record['id']} of {record['service']} is over since {record['closed_at']}, it lasted {lasted}"
        return work.result(record, False, said, already=True)
    work.add_note(record)
    record["state"], record["closed_at"] = CLOSED, written_utc(work.now)
    record["runs"] += 1
    note(record, COMMUNICATED, work.now, work.by, "the incident was closed")
    _collect(work, record)
    lasted = _lasted(record, work.now)
    lines = [f"{record['severity']} incident {record['id']} of {record['service']} is over, it lasted {lasted}"]
    lines += [f"Done: {one_line(work.params['note'], 300)}"] if work.params["note"] else []
    return work.result(record, True, masked("\n".join(lines)))


def _told(work: _Work) -> Result:
    """Write down that people were told, and what ends what that opened."""
    record = work.records.read(work.params["id"])
    failed = work.params["not_told"]
    said = f"not told: {', '.join(failed)}" if failed else "people were told"
    note(record, COMMUNICATED, work.now, work.by, masked(one_line(said, 300)))
    record["kept"] = {**record["kept"], **work.params["kept"]}
    return work.result(record, True, said)
