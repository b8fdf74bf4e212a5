# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Sending files of a backup to a bucket: in parts if they are large, compared after, gone on with after a break.

Each request carries the MD5 of its bytes, which the service compares (Content-MD5). What is sent is read from disk and
its SHA-256 compared with the manifest before the object comes to be. After that size and ETag are compared: the ETag is
the MD5 of the content, or of the MD5s of the parts. Where it is neither (encryption by KMS, some services), the object
is read back and its SHA-256 compared.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import AccessDenied, NotThere, OpsError, Unreachable
from .manifest import File
from .storage import Corrupt
from .storage_s3_bucket import Bucket, NotKnown, Object, bare
from .storage_s3_receiving import whole

_CHUNK = 1 << 18
_MOST_PARTS = 10_000  # by the protocol
_WORKERS = 2  # parts that are on their way at a time; the disk feeds them, so memory holds none


def part_size_of(size: int, usual: int) -> int:
    """Return the size of the parts of an object of ``size`` bytes: ``usual``, or larger by whole MiB if it must be."""
    needed = -(-size // _MOST_PARTS)
    return max(usual, -(-needed // (1 << 20)) << 20)


class Piece(io.RawIOBase):
    """A part of an open file as a file of its own, which any thread may read."""

    def __init__(self, handle: int, begin: int, size: int) -> None:
        self._handle, self._begin, self._size, self._at = handle, begin, size, 0

    def readable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def seekable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See io.RawIOBase."""
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def tell(self) -> int:
        """See io.RawIOBase."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """See io.RawIOBase."""
        data = os.pread(self._handle, min(len(buffer), max(0, self._size - self._at)), self._begin + self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class Digests:
    """The checksums of a file's parts, in their order, and of all of it; each byte is read once."""

    def __init__(self, handle: int, file: File, part_size: int) -> None:
        self.count = max(1, -(-file.size // part_size))
        self._handle, self._file, self._part_size = handle, file, part_size
        self._whole = hashlib.sha256()
        self._parts: list[bytes] = []

    def piece(self, number: int) -> Piece:
        """Return the part ``number``, from 1 on."""
        begin = (number - 1) * self._part_size
        return Piece(self._handle, begin, min(self._part_size, self._file.size - begin))

    def md5(self, number: int) -> bytes:
        """Return the MD5 of the part ``number``, from 1 on."""
        while len(self._parts) < number:
            digest = hashlib.new("md5", usedforsecurity=False)
            piece = self.piece(len(self._parts) + 1)
            while data := piece.read(_CHUNK):
                digest.update(data)
                self._whole.update(data)
            self._parts.append(digest.digest())
        return self._parts[number - 1]

    def require_right(self) -> None:
        """Read what is left of the file. :raises Corrupt: it is not what the manifest says."""
        self.md5(self.count)
        if self._whole.hexdigest() != self._file.sha256:
            raise Corrupt(f"{self._file.path} has another checksum here than its manifest says; it is not sent")

    def etag(self) -> str:
        """Return the ETag that the object has where that is made of MD5s."""
        self.md5(self.count)
        if self.count == 1:
            return self._parts[0].hex()
        return f"{hashlib.new('md5', b''.join(self._parts), usedforsecurity=False).hexdigest()}-{self.count}"


@dataclass(frozen=True)
class Protection:
    """How objects are to be encrypted by the service, and locked.

    :param encryption: of each request that makes an object. :param lock: the same, for object lock.
    """

    encryption: Mapping[str, Any]
    lock: Mapping[str, Any]

    def require(self, bucket: Bucket, key: str, told: Mapping[str, Any]) -> None:
        """Compare what the service tells of an object. :raises OpsError: it is not protected as it was to be."""
        for names, what, advice in (
            (self.encryption, "encrypted", "the service may not know server_side_encryption"),
            (self.lock, "locked", "the bucket needs object lock, and the user s3:GetObjectRetention"),
        ):
            mode = next((name for name in ("ServerSideEncryption", "ObjectLockMode") if name in names), "")
            if mode and told.get(mode) != names[mode]:
                raise OpsError(
                    f"the service does not say that the object is {what}", on=bucket.told(key), advice=advice
                )


class Sender:
    """Sends the files of one backup, and counts the bytes that went."""

    def __init__(self, bucket: Bucket, protection: Protection, there: Mapping[str, Object], uploads: Uploads) -> None:
        self.sent = 0
        self._bucket, self._protection, self._there, self._uploads = bucket, protection, there, uploads

    def send(self, path: Path, file: File, key: str) -> None:
        """Put the file at ``path`` there as ``key``, unless it is. :raises OpsError: it is not there, or not whole."""
        with _opened(path, file) as handle:
            digests = Digests(handle, file, part_size_of(file.size, self._bucket.part_size))
            known = self._there.get(key)
            if known is not None and known.size == file.size and self._is(key, file, digests, known.etag):
                return
            if digests.count == 1:
                self._put(key, digests)
            else:
                self._put_in_parts(key, digests)
            self._compare(key, file, digests)

    def put(self, key: str, data: bytes) -> None:
        """Put a small object there and read it back. :raises OpsError: it is not there, or differs."""
        self._put_body(key, data, hashlib.new("md5", data, usedforsecurity=False).digest(), len(data))
        if self._bucket.read(key, len(data)) != data:
            raise Corrupt("what was sent was read back differently", on=self._bucket.told(key))
        self._protection.require(self._bucket, key, self._bucket.head(key))

    def _put(self, key: str, digests: Digests) -> None:
        digests.require_right()
        piece = digests.piece(1)
        self._put_body(key, piece, digests.md5(1), piece.seek(0, io.SEEK_END))

    def _put_body(self, key: str, body: Any, md5: bytes, size: int) -> None:
        if isinstance(body, Piece):
            body.seek(0)
        given = {**self._protection.encryption, **self._protection.lock}
        self._bucket.call("put_object", "send", key, Key=key, Body=body, ContentMD5=_base64(md5), **given)
        self.sent += size

    def _put_in_parts(self, key: str, digests: Digests) -> None:
        """Send in parts, going on with what a broken try left; once anew if the service will not have that."""
        left = self._uploads.of(key)
        upload = self._begun(key) if left is None else left
        try:
            self._finish(key, digests, upload, {} if left is None else self._uploads.parts(key, upload))
        except (Unreachable, AccessDenied, Corrupt):
            raise
        except OpsError:
            self._uploads.abort(key, upload)
            self._finish(key, digests, self._begun(key), {})

    def _begun(self, key: str) -> str:
        given = {**self._protection.encryption, **self._protection.lock}
        return str(self._bucket.call("create_multipart_upload", "send", key, Key=key, **given)["UploadId"])

    def _finish(self, key: str, digests: Digests, upload: str, there: Mapping[int, Object]) -> None:
        etags = dict(self._parts(key, digests, upload, there))
        try:
            digests.require_right()
        except Corrupt:
            self._uploads.abort(key, upload)
            raise
        parts = [{"PartNumber": number, "ETag": f'"{etags[number]}"'} for number in sorted(etags)]
        with suppress(NotThere):  # a first try has ended it, and its answer was lost: the object is compared next
            self._bucket.call(
                "complete_multipart_upload",
                "put the parts together",
                key,
                Key=key,
                UploadId=upload,
                MultipartUpload={"Parts": parts},
            )

    def _parts(self, key: str, digests: Digests, upload: str, there: Mapping[int, Object]) -> Iterator[tuple[int, str]]:
        """Send the parts that are not there, some at a time and in their order; yield their numbers and ETags."""
        running: set[Future[tuple[int, str]]] = set()
        with ThreadPoolExecutor(_WORKERS) as pool:
            try:
                for number in range(1, digests.count + 1):
                    md5 = digests.md5(number)
                    size = digests.piece(number).seek(0, io.SEEK_END)
                    if number in there and (there[number].size, there[number].etag) == (size, md5.hex()):
                        yield number, md5.hex()
                        continue
                    running.add(pool.submit(self._part, key, digests, upload, number))
                    if len(running) >= _WORKERS:
                        done, running = wait(running, return_when=FIRST_COMPLETED)
                        yield from (one.result() for one in done)
                yield from (one.result() for one in running)
            finally:
                for one in running:
                    one.cancel()

    def _part(self, key: str, digests: Digests, upload: str, number: int) -> tuple[int, str]:
        piece, md5 = digests.piece(number), digests.md5(number)
        size = piece.seek(0, io.SEEK_END)
        piece.seek(0)
        answer = self._bucket.call(
            "upload_part",
            f"send part {number}",
            key,
            Key=key,
            UploadId=upload,
            PartNumber=number,
            Body=piece,
            ContentMD5=_base64(md5),
        )
        self.sent += size
        return number, bare(answer.get("ETag"))

    def _compare(self, key: str, file: File, digests: Digests) -> None:
        told = self._bucket.head(key)
        if int(told["ContentLength"]) != file.size or not self._is(key, file, digests, bare(told.get("ETag"))):
            with suppress(OpsError):
                self._bucket.call("delete_object", "remove", key, Key=key)
            raise Corrupt("what is there differs from what was sent", on=self._bucket.told(key))
        self._protection.require(self._bucket, key, told)

    def _is(self, key: str, file: File, digests: Digests, etag: str) -> bool:
        """Tell whether the object, of the right size, is the file: by its ETag, or else by reading it."""
        return etag == digests.etag() or _sha256(self._bucket, key, file.size) == file.sha256


class Uploads:
    """Uploads in parts below a prefix that were begun and not ended. Services that cannot list them have none."""

    def __init__(self, bucket: Bucket, prefix: str) -> None:
        self._bucket = bucket
        self._known = list(self._listed(prefix))

    def _listed(self, prefix: str) -> Iterator[tuple[str, str, float]]:
        position: dict[str, Any] = {}
        while True:
            try:
                page = self._bucket.call(
                    "list_multipart_uploads", "list begun uploads", prefix, Prefix=prefix, **position
                )
            except (AccessDenied, NotKnown, NotThere):  # some say so when there is none
                return
            for one in page.get("Uploads") or ():
                yield str(one["Key"]), str(one["UploadId"]), one["Initiated"].timestamp()
            if not page.get("IsTruncated"):
                return
            position = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def of(self, key: str) -> str | None:
        """Return the id of the newest upload of a key."""
        known = [(begun, upload) for name, upload, begun in self._known if name == key]
        return max(known)[1] if known else None

    def parts(self, key: str, upload: str) -> dict[int, Object]:
        """Return the parts that an upload has, by number."""
        found: dict[int, Object] = {}
        marker = 0
        while True:
            page = self._bucket.call(
                "list_parts", "list the parts", key, Key=key, UploadId=upload, PartNumberMarker=marker
            )
            for one in page.get("Parts") or ():
                found[int(one["PartNumber"])] = Object(key, int(one["Size"]), bare(one.get("ETag")))
            if not page.get("IsTruncated"):
                return found
            marker = int(page["NextPartNumberMarker"])

    def abort(self, key: str, upload: str) -> None:
        """Throw an upload away, if it is still there."""
        with suppress(NotThere):
            self._bucket.call("abort_multipart_upload", "end a begun upload", key, Key=key, UploadId=upload)

    def abort_older(self, than: float, but: str) -> int:
        """Throw away what was begun before ``than`` (since the epoch), but below ``but``; return how many."""
        old = [(key, upload) for key, upload, begun in self._known if begun < than and not key.startswith(but)]
        for key, upload in old:
            self.abort(key, upload)
        return len(old)

    def abort_all(self) -> None:
        """Throw all away."""
        for key, upload, _begun in self._known:
            self.abort(key, upload)


def _sha256(bucket: Bucket, key: str, size: int) -> str:
    digest = hashlib.sha256()
    for piece in whole(bucket, key, size):
        digest.update(piece)
    return digest.hexdigest()


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


@contextmanager
def _opened(path: Path, file: File) -> Iterator[int]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise OpsError(f"cannot read the file ({error.strerror})", on=str(path)) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size != file.size:
            raise Corrupt(f"{file.path} is no file of {file.size} bytes; it is not sent", on=str(path))
        yield handle
    finally:
        os.close(handle)
