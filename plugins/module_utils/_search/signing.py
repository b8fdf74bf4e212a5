# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Requests signed for the managed OpenSearch of Amazon (Signature Version 4), by botocore's own signer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec, secret
from .._core.aws import not_answered
from .._core.errors import AccessDenied, InputError
from .._core.libraries import load
from .._core.secrets import resolve

SIGNING = (
    ArgSpec(
        options={
            "region": {"type": "str", "required": True},
            "service": {"type": "str", "choices": ["es", "aoss"], "default": "es"},
            "profile": {"type": "str"},
            "access_key": {"type": "str", "no_log": True},
        }
    )
    + secret("secret_key")
    + secret("session_token")
)
# Serverless collections want the checksum of the body in a header; domains take it.
_BODY = "X-Amz-Content-SHA256"


class Signer:
    """Signs requests with keys that were given, or with those of the usual chain of boto3."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Take the validated option ``aws``. The chain is asked once, and renews its keys by itself.

        :raises MissingLibrary: boto3. :raises InputError: half a pair of keys. :raises AccessDenied: there are none.
        """
        secret_key = resolve(options, "secret_key")
        if bool(options.get("access_key")) != bool(secret_key):
            raise InputError("aws: access_key and secret_key belong together", advice="give both or none")
        try:
            session = load("boto3.session").Session(
                aws_access_key_id=options.get("access_key"),
                aws_secret_access_key=secret_key,
                aws_session_token=resolve(options, "session_token"),
                region_name=options["region"],
                profile_name=options.get("profile"),
            )
            self._credentials = session.get_credentials()
        except load("botocore.exceptions").BotoCoreError as error:
            raise not_answered(error, "sign requests", "aws") from error
        if self._credentials is None:
            raise AccessDenied("aws: there are no keys", advice="give access_key and secret_key, or a role to the host")
        self._region, self._service = options["region"], options["service"]

    def signed(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> dict[str, str]:
        """Return ``headers`` with those that sign the request.

        Source: "Signature Version 4 signing process" in the reference of AWS; the work is botocore's.
        """
        awsrequest, auth = load("botocore.awsrequest"), load("botocore.auth")
        checksum = hashlib.sha256(body or b"").hexdigest()
        request = awsrequest.AWSRequest(method=method, url=url, data=body or b"", headers={**headers, _BODY: checksum})
        auth.SigV4Auth(self._credentials.get_frozen_credentials(), self._service, self._region).add_auth(request)
        return dict(request.headers.items())
