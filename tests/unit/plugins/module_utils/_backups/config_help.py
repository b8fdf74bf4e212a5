# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder of configuration with hostile names in it, backed up and restored by the modules' operations."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._backups import config_backup, config_restore
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result

NOT_UTF8 = os.fsdecode(b"not \xff\n utf-8")
NAMES = ("-rf", "a b", "new\nline", 'x"; DROP', "$(touch planted)", "*", "é", "~", "l" * 200, NOT_UTF8)


class Etc:
    """``etc`` below a folder, and backups of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.etc = self.folder / "etc"
        self.backups = self.folder / "backups"
        (self.etc / "conf.d").mkdir(parents=True)
        (self.etc / "main.conf").write_text("port 80\nuser www\n")
        (self.etc / "conf.d" / "one.conf").write_text("one\n")
        (self.etc / "conf.d" / "enabled").symlink_to("../main.conf")
        (self.etc / "empty").mkdir()

    def hostile(self) -> None:
        """Add names that programs stumble over."""
        (self.etc / "names").mkdir()
        for name in NAMES:
            (self.etc / "names" / name).write_text(f"this is {len(name)}\n")

    def back_up(self, check_mode: bool = False, **options: Any) -> Result:
        """Return what config_backup would."""
        given = {"path": str(self.backups), "paths": [str(self.etc)], **options}
        return config_backup.operate(config_backup.SPEC.validate(given, "config_backup"), check_mode)

    def restore(self, check_mode: bool = False, **options: Any) -> Result:
        """Return what config_restore would."""
        given = {"path": str(self.backups), "to": str(self.folder / "restored"), **options}
        return config_restore.operate(config_restore.SPEC.validate(given, "config_restore"), check_mode)

    def in_place(self, check_mode: bool = False, **options: Any) -> Result:
        """Return what config_restore would, of a restore to where it was."""
        return self.restore(check_mode, to="/", in_place=True, **options)

    def restored(self, path: str = "") -> Path:
        """Return where a thing of ``etc`` was restored apart."""
        return self.folder / "restored" / str(self.etc / path).lstrip("/")


def seen(folder: Path) -> dict[str, Any]:
    """Return all that is in a folder: by path its mode and content, or where it leads."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = os.readlink(path)
        else:
            found[name] = (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
    return found
