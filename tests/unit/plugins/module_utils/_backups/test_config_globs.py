# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns of paths, as people know them."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.config_globs import Patterns
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.bak", "/etc/nginx/x.bak", True),
        ("*.bak", "/x.bak", True),
        ("*.bak", "/etc/x.bak.conf", False),
        ("conf.d/*.bak", "/etc/nginx/conf.d/x.bak", True),
        ("conf.d/*.bak", "/etc/conf.d/deep/x.bak", False),
        ("conf.d/*.bak", "/etc/xconf.d/x.bak", False),
        ("conf.d/**", "/etc/conf.d/deep/x", True),
        ("/etc/ssl", "/etc/ssl", True),
        ("/etc/ssl", "/srv/etc/ssl", False),
        ("/etc/**", "/etc/a/b", True),
        ("/etc/**", "/etc", False),
        ("/etc/**/x", "/etc/x", True),
        ("/etc/**/x", "/etc/a/b/x", True),
        ("/etc/**/x", "/etc/a/bx", False),
        ("/etc/*", "/etc/a/b", False),
        ("?at", "/cat", True),
        ("[bc]at", "/cat", True),
        ("[!bc]at", "/cat", False),
        ("[!bc]at", "/rat", True),
        ("[a-c]at", "/bat", True),
        ("[^]at", "/^at", True),
        ("a[", "/a[", True),
        ("a+(b)", "/a+(b)", True),
        ("new*", "/new\nline", True),
        ("**", "/any/thing", True),
        ("folder/", "/etc/folder", False),
    ],
)
def test_a_pattern(pattern: str, path: str, matches: bool) -> None:
    assert Patterns([pattern], "excludes").match(path, is_folder=False) is matches


def test_a_folder_is_meant_with_all_in_it() -> None:
    patterns = Patterns(["cache/", "/etc/ssl"], "only")
    assert patterns.match("/var/cache", is_folder=True)
    assert patterns.include("/var/cache/a/b", is_folder=False)
    assert patterns.include("/etc/ssl/private/key", is_folder=False)
    assert not patterns.include("/etc/sslx", is_folder=False)


@pytest.mark.parametrize("pattern", ["", "  ", "a\0b", "[z-a]"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(InputError, match="excludes"):
        Patterns([pattern], "excludes")
