# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How a bucket of an S3 service is reached, by boto3; and its errors in one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .._core.argspec import ArgSpec, secret
from .._core.aws import answer_of, made_client, not_answered
from .._core.durations import seconds_of
from .._core.errors import AccessDenied, InputError, NotThere, OpsError, Unreachable, one_line
from .._core.libraries import load

SPEC = (
    ArgSpec(
        options={
            "kind": {"type": "str", "default": "s3", "choices": ["s3"]},
            "bucket": {"type": "str", "required": True},
            "prefix": {"type": "str", "default": ""},
            "endpoint_url": {"type": "str"},
            "region": {"type": "str"},
            "addressing_style": {"type": "str", "default": "auto", "choices": ["auto", "path", "virtual"]},
            "access_key": {"type": "str", "no_log": True},
            "profile": {"type": "str"},
            "ca_certs": {"type": "path"},
            "validate_certs": {"type": "bool", "default": True},
            "timeout": {"type": "raw", "default": "60s"},
            "part_size": {"type": "int", "default": 16},
            "server_side_encryption": {"type": "str", "choices": ["AES256", "aws:kms"]},
            "kms_key_id": {"type": "str"},
            "object_lock_mode": {"type": "str", "choices": ["GOVERNANCE", "COMPLIANCE"]},
            "object_lock_for": {"type": "raw"},
        },
        required_together=[("object_lock_mode", "object_lock_for")],
    )
    + secret("secret_key")
    + secret("session_token")
)

_SMALLEST_PART = 5  # MiB, by the protocol
_LARGEST_PART = 5120

_MISSING = frozenset({"NoSuchKey", "NoSuchUpload", "NotFound", "404"})
_LOGIN = frozenset(
    {
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidSecurity",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
_ELSEWHERE = frozenset(
    {
        "301",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "PermanentRedirect",
        "TemporaryRedirect",
    }
)
_CLOCK = frozenset({"RequestTimeTooSkewed", "RequestExpired"})
_BUSY = frozenset({"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "ThrottlingException"})
_UNKNOWN = frozenset({"NotImplemented", "MethodNotAllowed"})


class NotKnown(OpsError):
    """The service does not know this operation of the protocol."""


@dataclass(frozen=True)
class Object:
    """What a listing tells of an object: its key, its size in bytes, its ETag without quotes."""

    key: str
    size: int
    etag: str


class Bucket:
    """A client of one bucket, for any thread. All its methods raise ``OpsError``: no access, no answer, not there."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Take options that ``SPEC`` has validated. Nothing is sent.

        :raises MissingLibrary: boto3 is not there. :raises InputError: they contradict; a secret cannot be read.
        """
        self.name = str(options["bucket"])
        self.part_size = _part_size(options["part_size"])
        self._at = _service(options)
        if options.get("kms_key_id") and options.get("server_side_encryption") != "aws:kms":
            raise InputError("storage: kms_key_id is for server_side_encryption aws:kms")
        timeout = seconds_of("storage: timeout", options["timeout"])
        self._client = made_client("s3", options, timeout, self.told(""), **_config(options))

    def told(self, key: str) -> str:
        """Return a key of this bucket for messages."""
        return f"s3://{self.name}/{key} at {self._at}"

    def call(self, operation: str, doing: str, key: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer to an operation of boto3's client on the bucket.

        :param doing: for "cannot <doing>". :param key: for messages; give ``Key`` besides where the operation has one.
        """
        known = load("botocore.exceptions")
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(Bucket=self.name, **arguments)
        except (known.BotoCoreError, known.ClientError, OSError) as error:
            raise explain(error, doing, self.told(key)) from error
        return answer

    def listed(self, prefix: str) -> Iterator[Object]:
        """Yield all objects whose keys begin so."""
        for page in self._pages(prefix):
            for entry in page.get("Contents") or ():
                yield Object(str(entry["Key"]), int(entry["Size"]), bare(entry.get("ETag")))

    def level(self, prefix: str) -> tuple[list[str], list[str]]:
        """Return the names of folders (what stands before the next slash) and of objects right behind ``prefix``."""
        folders: list[str] = []
        objects: list[str] = []
        for page in self._pages(prefix, Delimiter="/"):
            folders += [str(entry["Prefix"])[len(prefix) : -1] for entry in page.get("CommonPrefixes") or ()]
            objects += [str(entry["Key"])[len(prefix) :] for entry in page.get("Contents") or ()]
        return folders, objects

    def _pages(self, prefix: str, **more: Any) -> Iterator[dict[str, Any]]:
        position: dict[str, Any] = {}
        while True:
            page = self.call("list_objects_v2", "list the bucket", prefix, Prefix=prefix, **more, **position)
            yield page
            if not page.get("IsTruncated"):
                return
            position = {"ContinuationToken": page["NextContinuationToken"]}

    def head(self, key: str) -> dict[str, Any]:
        """Return what the service tells of an object. :raises NotThere: there is none."""
        return self.call("head_object", "look at the object", key, Key=key)

    def read(self, key: str, most: int) -> bytes:
        """Return the content of a small object. :raises OpsError: it has more than ``most`` bytes."""
        pieces, size = [], 0
        for piece in self.stream(key):
            size += len(piece)
            if size > most:
                raise OpsError(f"it has more than {most} bytes", on=self.told(key))
            pieces.append(piece)
        return b"".join(pieces)

    def stream(self, key: str, offset: int = 0, etag: str = "") -> Iterator[bytes]:
        """Yield the content of an object from ``offset`` on, in pieces. Ends early when the connection is cut.

        :param etag: which it must still have. :raises Unreachable: no answer, or the connection is cut.
        """
        known, http = load("botocore.exceptions"), load("urllib3.exceptions")
        more = {**({"Range": f"bytes={offset}-"} if offset else {}), **({"IfMatch": f'"{etag}"'} if etag else {})}
        body = self.call("get_object", "read the object", key, Key=key, **more)["Body"]
        try:
            while piece := body.read(1 << 18):
                yield piece
        except (known.BotoCoreError, http.HTTPError, OSError) as error:
            raise explain(error, "read the object", self.told(key)) from error
        finally:
            body.close()


def _part_size(mebibytes: int) -> int:
    if not _SMALLEST_PART <= mebibytes <= _LARGEST_PART:
        raise InputError(f"storage: part_size: expected {_SMALLEST_PART} to {_LARGEST_PART} MiB")
    return mebibytes << 20


def _service(options: Mapping[str, Any]) -> str:
    """Return the service for messages. :raises InputError: its address cannot be meant."""
    url = options.get("endpoint_url")
    if not url:
        return str(options.get("region") or "the default region")
    parts = urlsplit(str(url))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise InputError("storage: endpoint_url: expected http or https, a host and a port", advice="no user in it")
    return str(url)


def _config(options: Mapping[str, Any]) -> dict[str, Any]:
    # Later versions add checksums that not every service knows; ours are Content-MD5 and what is compared after.
    late = ("request_checksum_calculation", "response_checksum_validation")
    known = getattr(load("botocore.config").Config, "OPTION_DEFAULTS", {})
    return {
        "s3": {"addressing_style": options["addressing_style"]},
        **{name: "when_required" for name in late if name in known},
    }


def bare(etag: object) -> str:
    """Return an ETag without its quotes."""
    return str(etag or "").strip('"')


def explain(error: BaseException, doing: str, on: str) -> OpsError:
    """Return our error for one of botocore's.

    :param doing: for "cannot <doing>". :param on: object and service.
    """
    response = answer_of(error)
    return not_answered(error, doing, on) if response is None else _answered(response, doing, on)


def _answered(response: Mapping[str, Any], doing: str, on: str) -> OpsError:
    code = str(response["Error"].get("Code", ""))
    text = one_line(response["Error"].get("Message") or code, 160)
    for codes, kind, why, advice in _ANSWERS:
        if code in codes:
            return kind(f"cannot {doing}: {why.format(code=code, text=text)}", on=on, advice=advice)
    if code in _ELSEWHERE:
        return _in_another_region(response, doing, on)
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if isinstance(status, int) and status >= 500:
        return Unreachable(f"cannot {doing}: the service answers {code}", on=on, advice="try again later")
    if status == 403:
        return AccessDenied(f"cannot {doing}: {code} ({text})", on=on, advice="the user or role lacks a permission")
    return OpsError(f"cannot {doing}: {code} ({text})", on=on)


_ANSWERS: tuple[tuple[frozenset[str], type[OpsError], str, str], ...] = (
    (frozenset({"NoSuchBucket"}), NotThere, "there is no such bucket", "check bucket, endpoint_url and region"),
    (_MISSING, NotThere, "it is not there", ""),
    (_LOGIN, AccessDenied, "{code} ({text})", "check access_key and secret_key"),
    (_CLOCK, AccessDenied, "the clocks of this host and the service differ too much", "set this host's clock"),
    (_BUSY, Unreachable, "the service answers {code}", "try again later"),
    (_UNKNOWN, NotKnown, "the service does not know this", ""),
)


def _in_another_region(response: Mapping[str, Any], doing: str, on: str) -> OpsError:
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = headers.get("x-amz-bucket-region") or response["Error"].get("Region") or ""
    where = f"it is {one_line(region, 40)}" if region else "see where the bucket is"
    return InputError(f"cannot {doing}: the bucket is in another region", on=on, advice=f"check region; {where}")
