# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others wrote is shown without its secrets, and otherwise as it is."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.masking import masked

# Put together here, so that nobody takes them for real ones.
TOKEN = "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
GITHUB = "gh" + "p_" + "a1" * 18


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("login with password=hunter2 failed", "login with password=*** failed"),
        ("DB_PASSWORD: hunter2, next", "DB_PASSWORD: ***, next"),
        ('{"api_key": "hunter2", "user": "ann"}', '{"api_key": "***", "user": "ann"}'),
        ("{'token': 'hunter2 and more', 'a': 1}", "{'token': '***', 'a': 1}"),
        ('secret="hunter2 \\" more" done', 'secret="***" done'),
        ("Authorization: Bearer hunter2hunter2", "Authorization: ***"),
        ("'Authorization': 'Basic aHVudGVyMg=='", "'Authorization': '***'"),
        ("curl -H X-Admin-Key: hunter2", "curl -H X-Admin-Key: ***"),
        ("sent Bearer hunter2 to it", "sent Bearer *** to it"),
        ("connect to redis://app:hunter2@cache:6379/0", "connect to redis://***@cache:6379/0"),
        ("GET /x?access_token=hunter2&page=2 HTTP/1.1", "GET /x?access_token=***&page=2 HTTP/1.1"),
        ("run --login-password hunter2 --verbose", "run --login-password *** --verbose"),
        ("error: password=hunter2 is refused", "error: password=*** is refused"),
        ("message: {'at': 'password=hunter2'}", "message: {'at': 'password=***'}"),
        (f"got {TOKEN} from", "got *** from"),
        (f"push with {GITHUB}", "push with ***"),
    ],
)
def test_secrets_go(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert "hunter2" not in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "token expired for user 7",
        "basic authentication is off",
        "password_file=/etc/service/password",
        "2026-11-24 15:39:21,123 ERROR worker: cannot reach http://db:5432/x?page=2",
        "GET /orders?id=7 HTTP/1.1",
        "",
    ],
)
def test_the_rest_stays(text: str) -> None:
    assert masked(text) == text
