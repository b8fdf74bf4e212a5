# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of databases, backups and folders that mean harm: handled or refused, and nothing of them is executed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import read_catalog
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from psycopg import sql

from ..modules import Module
from ..rows import Goal, Row
from ..run import Run
from .database import Database

AREA = "backups"
GOAL = Goal("= 0 executed, followed, or told badly", lambda value: value == 0)
_MODULE = Module("pg_backup")


def rows(run: Run, here: Database) -> Iterator[Row]:
    """Yield a row for names that are handled, and one for places that are refused."""
    marker = here.folder / "executed"
    names = (
        'x"; DROP TABLE t; --',
        f"$(touch {marker})",
        f"`touch {marker}`",
        f"; touch {marker} #",
        "a b",
        "a\nb",
        "it's",
        "back\\slash",
        "-Fc",
        "--file=/tmp/x",
        "a/../../b",
        "%n%s",
        "dbname=postgres",
    )
    # each takes two seconds; those of the short slice mean harm to SQL, shells and paths
    yield _handled(here, names[:2] + names[10:11] if run.short else names, marker)
    yield _refused(here, marker)


def _handled(here: Database, names: tuple[str, ...], marker: Path) -> Row:
    """Back up databases of these names, under the same names: each must be a folder of its own, and be whole."""
    bad: list[str] = []
    for number, name in enumerate(names):
        with connect(here.facts, dbname="postgres") as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        with connect(here.facts, dbname=name) as admin:
            admin.execute("CREATE TABLE t AS SELECT 1 AS n")
        root = here.folder / f"names-{number}"
        said = _said(here, path=str(root), name=name, login_db=name)
        bad += _problems(name, said, root, marker)
        with connect(here.facts, dbname="postgres") as admin:
            admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
    return _row(f"{len(names)} hostile names of databases and backups", bad)


def _problems(name: str, said: dict[str, Any], root: Path, marker: Path) -> Iterator[str]:
    if marker.exists():
        yield f"{name!r} was executed"
        marker.unlink()
    folders = list(root.iterdir()) if root.is_dir() else []
    whole = len(folders) == 1 and len(read_catalog(folders[0]).backups) == 1
    if not said.get("changed") or not whole:
        yield f"{name!r}: {said.get('msg')}"
    elif said["facts"]["rows"] != {"public.t": 1}:
        yield f"{name!r}: rows are {said['facts']['rows']}"


def _refused(here: Database, marker: Path) -> Row:
    bad: list[str] = []
    elsewhere = here.folder / "elsewhere"
    elsewhere.mkdir()
    root = here.folder / "planted"
    root.mkdir(0o700)
    (root / "link").symlink_to(elsewhere)
    (root / "file").write_text("x", encoding="utf-8")
    (root / "open").mkdir()
    (root / "open").chmod(0o777)
    cases: tuple[tuple[str, dict[str, str]], ...] = (
        ("a link in the place of the catalogue", {"path": str(root), "name": "link"}),
        ("a file in the place of the catalogue", {"path": str(root), "name": "file"}),
        ("a catalogue that all may write to", {"path": str(root), "name": "open"}),
        ("a path with ..", {"path": f"{root}/../elsewhere", "name": "x"}),
        ("a path that is not absolute", {"path": "relative", "name": "x"}),
        ("no name", {"path": str(root), "name": ""}),
        ("a name that is too long", {"path": str(root), "name": "x" * 300}),
    )
    for what, options in cases:
        said = _said(here, **options)
        if not said.get("failed") or "\n" in said.get("msg", "\n") or "exception" in said:
            bad.append(f"{what}: {said.get('msg')}")
    if list(elsewhere.iterdir()) or marker.exists():
        bad.append("something was written elsewhere")
    return _row(f"{len(cases)} places that are refused", bad)


def _said(here: Database, **options: str) -> dict[str, Any]:
    done = _MODULE.called(here.folder, {**here.options(Path("/")), **options})
    said = _MODULE.result(done.output)
    return said if "Traceback" not in done.output else {"failed": True, "msg": "a traceback\n"}


def _row(work: str, bad: list[str]) -> Row:
    return Row(AREA, work, GOAL.text, len(bad), GOAL.holds(len(bad)), {"bad": bad})
