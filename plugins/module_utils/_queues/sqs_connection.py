# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How Amazon SQS is reached, by boto3; and its errors in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec, secret
from .._core.errors import AccessDenied, InputError, NotThere, OpsError, Unreachable, one_line
from .._core.http import innermost_reason
from .._core.libraries import load
from .._core.secrets import resolve

CONNECTION = (
    ArgSpec(
        options={
            "region": {"type": "str"},
            "endpoint_url": {"type": "str"},
            "profile": {"type": "str"},
            "access_key": {"type": "str", "no_log": True},
            "timeout": {"type": "float", "default": 10.0},
            "validate_certs": {"type": "bool", "default": True},
            "ca_certs": {"type": "path"},
        }
    )
    + secret("secret_key")
    + secret("session_token")
)

_ATTEMPTS = 3
_NO_QUEUE = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_LOGIN = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_PERMISSION = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "OptInRequired"})
_BUSY = frozenset({"RequestThrottled", "ThrottlingException", "Throttling", "ServiceUnavailable", "InternalError"})
# botocore's exceptions by the names of their classes, as some came with later versions.
_OWN: dict[str, tuple[type[OpsError], str]] = {
    "NoCredentialsError": (AccessDenied, "give access_key and secret_key, or a role to the host"),
    "PartialCredentialsError": (AccessDenied, "give access_key and secret_key both"),
    "CredentialRetrievalError": (AccessDenied, "see what gives this host its credentials"),
    "ProfileNotFound": (InputError, "check profile"),
    "NoRegionError": (InputError, "give region"),
    "InvalidRegionError": (InputError, "check region"),
    "ParamValidationError": (InputError, "check the queue's options"),
    "SSLError": (AccessDenied, "see ca_certs, validate_certs"),
}


class Sqs:
    """A client of SQS. All its methods raise ``OpsError``: no access, no answer, no such queue."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Take options that ``CONNECTION`` has validated. Nothing is sent.

        :raises MissingLibrary: boto3 is not there. :raises InputError: a secret cannot be read, no region.
        """
        self.where = f"sqs {options.get('endpoint_url') or options.get('region') or 'of the default region'}"
        secret_key = resolve(options, "secret_key")
        if bool(options.get("access_key")) != bool(secret_key):
            raise InputError("access_key and secret_key belong together", on=self.where, advice="give both or none")
        boto3, config = load("boto3.session"), load("botocore.config")
        try:
            session = boto3.Session(
                aws_access_key_id=options.get("access_key"),
                aws_secret_access_key=secret_key,
                aws_session_token=resolve(options, "session_token"),
                region_name=options.get("region"),
                profile_name=options.get("profile"),
            )
            self._client = session.client(
                "sqs",
                endpoint_url=options.get("endpoint_url"),
                verify=(options.get("ca_certs") or True) if options["validate_certs"] else False,
                config=config.Config(
                    connect_timeout=options["timeout"],
                    read_timeout=options["timeout"],
                    retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                ),
            )
        except (load("botocore.exceptions").BotoCoreError, ValueError, OSError) as error:
            raise explain(error, "connect", self.where) from error
        self._urls: dict[str, str] = {}

    def call(self, operation: str, doing: str, on: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer to an operation of boto3's client.

        :param doing: for "cannot <doing>". :param on: a queue.
        """
        known = load("botocore.exceptions")
        if not hasattr(self._client, operation):
            raise OpsError(f"cannot {doing}: this boto3 knows no {operation}", on=self.where)
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**arguments)
        except (known.BotoCoreError, known.ClientError, OSError) as error:
            raise explain(error, doing, f"{on} at {self.where}") from error
        return answer

    def url_of(self, queue: str) -> str:
        """Return the URL of a queue by its name or URL; its name may be followed by ``@`` and the account's number."""
        if "://" in queue:
            return queue
        if queue not in self._urls:
            name, _at, account = queue.partition("@")
            owner = {"QueueOwnerAWSAccountId": account} if account else {}
            found = self.call("get_queue_url", "find the queue", name, QueueName=name, **owner)
            self._urls[queue] = str(found["QueueUrl"])
        return self._urls[queue]

    def attributes(self, queue: str, names: list[str]) -> tuple[dict[str, str], Mapping[str, str]]:
        """Return those attributes that the queue has, and the headers of the answer."""
        answer = self.call(
            "get_queue_attributes", "read the queue", queue, QueueUrl=self.url_of(queue), AttributeNames=names
        )
        return dict(answer.get("Attributes") or {}), answer["ResponseMetadata"].get("HTTPHeaders", {})

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


def explain(error: BaseException, doing: str, on: str) -> OpsError:
    """Return our error for one of botocore's.

    :param doing: for "cannot <doing>". :param on: queue and server.
    """
    response = getattr(error, "response", None)
    if isinstance(response, Mapping) and response.get("Error"):
        return _answered(response, doing, on)
    kind, advice = _OWN.get(type(error).__name__, (Unreachable, ""))
    if kind is Unreachable:
        reason = innermost_reason(error)
        late = "timed out" in reason.lower() or "Timeout" in type(error).__name__
        return Unreachable(f"cannot {doing}: {'no answer in time' if late else f'no answer ({reason})'}", on=on)
    return kind(f"cannot {doing}: {one_line(error, 160)}", on=on, advice=advice)


def _answered(response: Mapping[str, Any], doing: str, on: str) -> OpsError:
    code = str(response["Error"].get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    text = one_line(response["Error"].get("Message") or code, 160)
    if code in _NO_QUEUE:
        return NotThere(f"cannot {doing}: there is no such queue", on=on, advice="check queue, queue_url and region")
    if code in _LOGIN:
        return AccessDenied(f"cannot {doing}: {code} ({text})", on=on, advice="check access_key, secret_key and region")
    if code in _PERMISSION or status == 403:
        return AccessDenied(f"cannot {doing}: {code} ({text})", on=on, advice="the user or role lacks a permission")
    if code in _BUSY or (isinstance(status, int) and status >= 500):
        return Unreachable(f"cannot {doing}: the service answers {code}", on=on, advice="try again later")
    return OpsError(f"cannot {doing}: {code} ({text})", on=on)
