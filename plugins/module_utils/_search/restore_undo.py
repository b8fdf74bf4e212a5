# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The way back after mode alias: aliases lead where they led, all in one step. What was restored stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.errors import InputError, NotThere
from .._core.result import Result
from .connection import connected
from .restore_present import Present, present

Action = Mapping[str, Mapping[str, Any]]
_ADD, _REMOVE = "add", "remove"


def undone(params: Mapping[str, Any], check_mode: bool) -> Result:
    """Do what ``undo``, a part of the result of an earlier restore, says; what holds already is left.

    :param params: validated by ``SPEC`` of the restore.
    :raises InputError: it is no such part. :raises NotThere: an index to which an alias led is gone; nothing is done.
    """
    actions = _actions(params["undo"])
    with connected(params) as client:
        there = present(client)
        gone = sorted({one[_ADD]["index"] for one in actions if _ADD in one} - set(there.indices))
        if gone:
            raise NotThere(f"no alias was changed, as these indices are gone: {', '.join(gone[:5])}", on=client.where)
        wanted = [one for one in actions if not _holds(one, there)]
        if wanted and not check_mode:
            client.ask("POST", "_aliases", body={"actions": wanted})
        where = client.where
    led = [(one[_ADD]["alias"], one[_ADD]["index"]) for one in actions if _ADD in one]
    word = "would lead" if check_mode and wanted else "leads"
    told = [f"{alias} {word} to {index} again" for alias, index in led[:5]]
    return Result(
        changed=bool(wanted),
        msg=f"{where}: {'; '.join(told) or 'aliases that were new are gone'}",
        data={"mode": params["mode"], "swapped": [_told(one, there) for one in wanted if _ADD in one], "undo": None},
        diff={
            "before": _shown(actions, there),
            "after": "".join(f"alias {alias} to {index}\n" for alias, index in led),
        },
    )


def _actions(undo: Mapping[str, Any]) -> list[Action]:
    found = undo.get("actions")
    if not isinstance(found, list) or not found or not all(map(_is_action, found)):
        raise InputError("undo is not what a restore with mode: alias has returned", advice="give its result's undo")
    return found


def _is_action(one: Any) -> bool:
    if not isinstance(one, Mapping) or len(one) != 1:
        return False
    ((word, named),) = one.items()
    return word in (_ADD, _REMOVE) and isinstance(named, Mapping) and {"index", "alias"} <= set(named)


def _holds(one: Action, there: Present) -> bool:
    ((word, named),) = one.items()
    leads = named["index"] in there.leads_to(named["alias"])
    return leads == (word == _ADD)


def _told(one: Action, there: Present) -> dict[str, Any]:
    named = one[_ADD]
    return {"alias": named["alias"], "from": next(iter(there.leads_to(named["alias"])), None), "to": named["index"]}


def _shown(actions: list[Action], there: Present) -> str:
    aliases = sorted({named["alias"] for one in actions for named in one.values()})
    return "".join(f"alias {alias} to {', '.join(there.leads_to(alias)) or 'nothing'}\n" for alias in aliases)
