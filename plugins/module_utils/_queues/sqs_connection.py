# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How Amazon SQS is reached, by boto3; and its errors in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec, secret
from .._core.aws import answer_of, made_client, not_answered
from .._core.errors import AccessDenied, NotThere, OpsError, Unreachable, one_line
from .._core.libraries import load

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


class Sqs:
    """A client of SQS. All its methods raise ``OpsError``: no access, no answer, no such queue."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Take options that ``CONNECTION`` has validated. Nothing is sent.

        :raises MissingLibrary: boto3 is not there. :raises InputError: a secret cannot be read, no region.
        """
        self.where = f"sqs {options.get('endpoint_url') or options.get('region') or 'of the default region'}"
        self._client = made_client("sqs", options, options["timeout"], self.where)
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
    response = answer_of(error)
    return not_answered(error, doing, on) if response is None else _answered(response, doing, on)


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
