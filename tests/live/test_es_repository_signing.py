# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that the client signs, to a server that verifies signatures for real: that of the S3 protocol.

It stands in for Amazon OpenSearch Service, which the lab has not. The signature is the same but for the service's name;
S3 quotes paths once where other services quote them twice, so that the paths here have nothing to quote.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied
from ansible_collections.day2.ops.plugins.module_utils._search.connection import SPEC, Client, connected
from ansible_collections.day2.ops.tests.lab.s3_server import client as s3_client
from ansible_collections.day2.ops.tests.lab.state import S3Facts


@contextmanager
def signing(s3: S3Facts, **keys: str) -> Iterator[Client]:
    """Give a client of the server; its service is none of those that the option takes."""
    aws = {"region": s3["region"], "access_key": s3["access_key"], "secret_key": s3["secret_key"], **keys}
    options: dict[str, Any] = SPEC.validate(
        {"url": [s3["url"]], "ca_certs": s3["ca_certs"], "aws": aws, "timeout": 10}, "test"
    )
    options["aws"]["service"] = "s3"
    with connected(options) as client:
        yield client


def test_what_is_signed_with_the_right_keys_is_taken(s3: S3Facts) -> None:
    key = f"signing-{uuid.uuid4().hex[:8]}"
    path = f"{s3['bucket']}/{key}"
    with signing(s3) as client:
        assert client.tried("GET", "/").status == 200
        assert client.tried("GET", s3["bucket"], {"list-type": 2, "prefix": "a/b c", "max-keys": 1}).status == 200
        assert client.tried("PUT", path, body={"settings": "ä"}).status == 200
        assert client.ask("GET", path) == {"settings": "ä"}
        assert client.tried("DELETE", path).status == 204
    assert "Contents" not in s3_client(s3).list_objects_v2(Bucket=s3["bucket"], Prefix=key)


@pytest.mark.parametrize("wrong", [{"secret_key": "hunter2" * 5}, {"access_key": "AKIAIOSFODNN7EXAMPLE"}])
def test_what_is_signed_with_wrong_keys_is_refused(s3: S3Facts, wrong: dict[str, str]) -> None:
    with signing(s3, **wrong) as client, pytest.raises(AccessDenied, match=r"status is 403") as caught:
        client.ask("GET", "/")
    assert "hunter2" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_an_unsigned_request_is_refused(s3: S3Facts) -> None:
    options = SPEC.validate({"url": [s3["url"]], "ca_certs": s3["ca_certs"]}, "test")
    with connected(options) as client:
        assert client.tried("GET", "/").status in (400, 403)
