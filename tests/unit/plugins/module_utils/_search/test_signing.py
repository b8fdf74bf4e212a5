# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed requests: their form, and whose keys sign them. That the signature is right, a real server says elsewhere."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, InputError
from ansible_collections.day2.ops.plugins.module_utils._search.connection import SPEC
from ansible_collections.day2.ops.plugins.module_utils._search.signing import Signer

pytest.importorskip("boto3")

URL = "https://127.0.0.1:9200/_snapshot?a=b"
KEYS: dict[str, Any] = {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "hunter2hunter2hunter2"}
_FORM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(\w+)/(\d{8})/(.+)/(\w+)/aws4_request, SignedHeaders=([\w;-]+), "
    r"Signature=[0-9a-f]{64}\Z"
)


@pytest.fixture(autouse=True)
def _no_keys_of_this_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


def signer(**options: Any) -> Signer:
    given = {"url": ["https://127.0.0.1"], "aws": {"region": "eu-central-1", **options}}
    return Signer(SPEC.validate(given, "test")["aws"])


def signed(by: Signer, body: bytes | None = None, **headers: str) -> tuple[dict[str, str], re.Match[str]]:
    found = by.signed("PUT", URL, headers, body)
    match = _FORM.match(found["Authorization"])
    assert match is not None, found["Authorization"]
    return found, match


def test_the_form_of_a_signature() -> None:
    headers, match = signed(signer(**KEYS), b"{}", **{"Content-Type": "application/json"})
    assert (match[1], match[3], match[4]) == (KEYS["access_key"], "eu-central-1", "es")
    assert set(match[5].split(";")) == {"content-type", "host", "x-amz-content-sha256", "x-amz-date"}
    assert headers["X-Amz-Content-SHA256"] == hashlib.sha256(b"{}").hexdigest()
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Amz-Date"].startswith(match[2])
    assert "hunter2" not in str(headers)


def test_what_is_signed_changes_the_signature() -> None:
    by = signer(**KEYS)
    signatures = {signed(by, body)[0]["Authorization"] for body in (None, b"{}", b"[]")}
    signatures.add(signed(signer(**{**KEYS, "secret_key": "other"}))[0]["Authorization"])
    assert len(signatures) == 4


def test_a_request_without_a_body_has_the_checksum_of_nothing() -> None:
    assert signed(signer(**KEYS))[0]["X-Amz-Content-SHA256"] == hashlib.sha256(b"").hexdigest()


def test_a_serverless_collection() -> None:
    assert signed(signer(service="aoss", **KEYS))[1][4] == "aoss"


def test_temporary_keys_have_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(KEYS["secret_key"] + "\n")
    monkeypatch.setenv("A_TOKEN", "a-token")
    given = {"access_key": KEYS["access_key"], "secret_key_file": str(tmp_path / "key"), "session_token_env": "A_TOKEN"}
    headers, match = signed(signer(**given))
    assert headers["X-Amz-Security-Token"] == "a-token"
    assert "x-amz-security-token" in match[5]


def test_the_usual_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    assert signed(signer())[1][1] == "AKIAENVIRONMENT"
    (tmp_path / "credentials").write_text("[backup]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = x\n")
    assert signed(signer(profile="backup"))[1][1] == "AKIAPROFILE"


def test_what_is_wrong_is_told() -> None:
    for half in ("access_key", "secret_key"):
        with pytest.raises(InputError, match="aws: access_key and secret_key belong together") as caught:
            signer(**{half: KEYS[half]})
        assert "hunter2" not in str(caught.value)
    with pytest.raises(AccessDenied, match="aws: there are no keys; give access_key and secret_key, or a role"):
        signer()
    with pytest.raises(InputError, match=r"cannot sign requests: .*nobody.*: aws; check profile"):
        signer(profile="nobody")
    with pytest.raises(InputError, match="secret_key_file cannot be read"):
        signer(access_key="A", secret_key_file="/nowhere/at/all")
