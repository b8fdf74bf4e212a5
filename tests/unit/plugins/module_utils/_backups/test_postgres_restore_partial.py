# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be said before a backup, and one of some tables only, takes the place of a database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import postgres_restore_work
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import Manifest
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError

SOME = {"filters": {"tables": ["orders"], "exclude_schemas": ["old"]}}


@pytest.mark.parametrize(
    ("layout", "force", "partial", "empty", "words"),
    [
        ({}, True, False, False, ""),
        ({}, False, False, True, ""),
        ({}, False, False, False, "the database is there and not empty: here; say force: true"),
        (SOME, True, True, False, ""),
        (SOME, False, False, True, ""),
        (SOME, True, False, True, ""),
        (SOME, False, True, False, "the database is there and not empty"),
        (SOME, True, False, False, r"only part of a database \(exclude_schemas, tables\).*: here; .*partial: true"),
    ],
)
def test_who_replaces_all_by_a_part_says_so(
    monkeypatch: pytest.MonkeyPatch, layout: dict[str, Any], force: bool, partial: bool, empty: bool, words: str
) -> None:
    monkeypatch.setattr(postgres_restore_work, "_is_empty", lambda *_given: empty)
    manifest = Manifest("shop", "postgres", "x", 0.0, 0.0, "L1", None, 0, (), {}, {}, layout, {})
    backup = Opened(Path("/backups/shop/1"), manifest, None, 5.0)
    params = {"force": force, "partial": partial}
    if not words:
        postgres_restore_work._require_consent(backup, params, "shop", {}, "here")
        return
    with pytest.raises(OpsError, match=words):
        postgres_restore_work._require_consent(backup, params, "shop", {}, "here")
