# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``config_restore`` does."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._core.result import Result
from .cipher import cipher_of
from .config_archive import read_index
from .config_backup import DEFAULT_NAME, MOST_IN_VAULT
from .config_diff import Contents, require_no_links_out, shown_diff
from .config_globs import Patterns
from .config_members import Index, shown
from .config_putting import MISSING, Plan, all_missing, planned, put, tree_at
from .config_scan import Exactly
from .config_source import ConfigSource, named
from .config_tree import Tree
from .creating import back_up
from .draft import read_back
from .opened import Opened
from .opening import opened_backup
from .options import MAKING, READING

SPEC = READING + ArgSpec(
    options={
        "to": {"type": "path", "required": True},
        "in_place": {"type": "bool", "default": False},
        "only": {"type": "list", "elements": "str"},
        "delete_extra": {"type": "bool", "default": False},
        "keep_old": {"type": "bool", "default": True},
        "outside_links": {"type": "str", "default": "keep", "choices": ["keep", "refuse"]},
        "diff_contents": {"type": "bool"},
    }
)
_BEFORE = "-before-restore"
_KEPT = 10  # backups of what was replaced
_SHOWN = 1000


def operate(params: Mapping[str, Any], check_mode: bool) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``. :raises OpsError: before anything was changed, unless its details say so.
    """
    root = _target(params)
    only = Patterns(params["only"], "only") if params["only"] else None
    with opened_backup(params, ConfigSource.kind, DEFAULT_NAME, own=params["in_place"]) as backup:
        if not backup.readable():
            raise InputError("the backup is encrypted", on=str(backup.folder), advice="give what decrypts it")
        read_back(backup.folder, backup.manifest.files)
        index = read_index(backup)
        with _there(root, check_mode) as tree:
            plan = all_missing(index, only) if tree is None else planned(tree, index, only, params["delete_extra"])
            if params["outside_links"] == "refuse":
                require_no_links_out(plan, str(root))
            contents = Contents(params["diff_contents"], backup.encrypted)
            diff = shown_diff(tree, backup, index, plan, contents)
            kept: dict[str, Any] = {"kept": None}
            if not check_mode and tree is not None and plan.replaced() and params["keep_old"]:
                kept = _keep(params, backup, root, plan)
            if not check_mode and tree is not None:
                _put(tree, backup, index, plan, {"to": str(root), "changes": _changes(plan), **kept})
    return _result(root, backup, plan, diff, kept, check_mode)


def _target(params: Mapping[str, Any]) -> Path:
    """Return the folder to restore below. :raises InputError: it is none that can be meant."""
    to = str(params["to"])
    if not os.path.isabs(to) or ".." in to.split("/"):
        raise InputError("to: expected an absolute path without ..", on=to)
    if os.path.islink(to.rstrip("/") or to):
        raise InputError("to: this is a link", on=to, advice="give where it leads")
    root = os.path.realpath(to)
    if (root == "/") != params["in_place"]:
        raise InputError("to: / and in_place: true belong together", on=to, advice="or give a folder to restore below")
    return Path(root)


@contextmanager
def _there(root: Path, check_mode: bool) -> Iterator[Tree | None]:
    """Give what is there, which is made when it is not; None in check mode then."""
    if check_mode and not root.exists():
        yield None
        return
    try:
        if not check_mode:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OpsError(f"cannot make the folder ({error.strerror})", on=str(root)) from error
    with tree_at(root) as tree:
        yield tree


def _keep(params: Mapping[str, Any], backup: Opened, root: Path, plan: Plan) -> dict[str, Any]:
    """Back up what will be replaced or removed, by its paths below ``root``; return how that is told."""
    paths = plan.replaced()
    encryption = _encryption(params, backup)
    name = str(params["name"] or DEFAULT_NAME)
    undoing = name.endswith(_BEFORE)  # then no retention, as that could remove what is being read
    given = {
        "path": params["path"],
        "name": name if undoing else name + _BEFORE,
        "encryption": encryption,
        "command_timeout": params["command_timeout"],
        "retention": None if undoing else {"last": _KEPT},
    }
    cipher = cipher_of(encryption)
    in_vault = encryption is not None and encryption.get("method") == "ansible-vault"
    source = ConfigSource(
        Exactly(str(root), paths).scan,
        MOST_IN_VAULT if in_vault else 1 << 62,
        named([str(root / path) for path in paths]),
        encryption=None if cipher is None else cipher.told(),
        root=str(root),
    )
    options = MAKING.validate({name: value for name, value in given.items() if value is not None}, "keep_old")
    return {"kept": back_up(source, options, False, "").data["path"]}


def _encryption(params: Mapping[str, Any], backup: Opened) -> dict[str, Any] | None:
    """Return how what is kept is encrypted: as the backup is."""
    if not backup.encrypted or not params["encryption"]:
        return None
    recipients = params["encryption"].get("recipients") or backup.manifest.layout["encryption"].get("recipients")
    return {**params["encryption"], **({"recipients": recipients} if recipients else {})}


def _put(tree: Tree, backup: Opened, index: Index, plan: Plan, undo: Mapping[str, Any]) -> None:
    """Do what is planned. :param undo: what an error tells, as some of it may have been done by then."""
    try:
        put(tree, backup, index, plan)
    except OpsError as error:
        error.details.update(undo, changed=True)
        raise


def _changes(plan: Plan) -> list[dict[str, str]]:
    return [{"path": shown("/" + change.member.path), "change": change.what} for change in plan.changes[:_SHOWN]]


def _result(root: Path, backup: Opened, plan: Plan, diff: str, kept: Mapping[str, Any], check_mode: bool) -> Result:
    created = sum(change.what == MISSING for change in plan.changes)
    replaced = len(plan.changes) - created
    changed = bool(plan.changes or plan.extra)
    verb = "would be " if check_mode else ""
    told = f"{created} created, {replaced} changed, {len(plan.extra)} removed" if changed else "nothing differs"
    data = {
        "backup": backup.folder.name,
        "level": backup.manifest.level,
        "to": str(root),
        "created": created,
        "replaced": replaced,
        "removed": len(plan.extra),
        "unchanged": len(set(plan.selected) - {change.member for change in plan.changes}),
        "changes": _changes(plan),
        **kept,
    }
    return Result(
        changed=changed,
        msg=f"{backup.folder.name} {verb}restored to {root}: {told}",
        data=data,
        diff={"prepared": diff} if diff else None,
        warnings=list(backup.warnings),
    )
