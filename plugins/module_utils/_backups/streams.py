# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Programs in a chain, each reading what the one before it writes; nothing of it passes through a shell or memory.

The status of each program counts: a dump that is killed in front of a compressor that ends well is no dump.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from .._core.errors import NotThere, OpsError, Unreachable, one_line

_CHUNK = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux; fcntl knows it since Python 3.10
_PACKAGES = {"age": "age", "gpg": "gnupg", "zstd": "zstd"}  # of programs that are found by their name alone
_FOLLOWS = "worker process died unexpectedly"  # pg_dump and pg_restore say so behind what was wrong with it
_TELLING = re.compile(r"\b(error|fatal)\b", re.IGNORECASE)
_TOLD = 4096  # of what a program writes to stderr, so many bytes at the end are read


@dataclass(frozen=True)
class Command:
    """A program to run.

    :param environment: added to ours. Not for secrets: other users may read it; name a file that holds one instead.
    :param user: the account to run as; only root may change it. :param folder: where to run; that of ours if None.
    :param keep: file descriptors of ours that it inherits.
    :param harmless: a word; ending with status 1 is no fault when each error that is told has it, and there is one.
    :param name: of the program, where that is not what ``argv`` begins with.
    """

    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    folder: Path | None = None
    keep: Sequence[int] = ()
    harmless: str = ""
    name: str | None = None


class _Running:
    """A program of a chain that was started."""

    def __init__(self, command: Command, stdin: Any, stdout: Any) -> None:
        self.name = str(command.name or command.argv[0])
        self._harmless = command.harmless
        # So that a flood blocks nobody; it has no name on disk.
        self._said: IO[bytes] = os.fdopen(_nameless(), "w+b")
        # not AnsibleModule.run_command: programs run beside each other, and the library runs without a module
        self.process = self._start(command, stdin, stdout)
        for stream in (self.process.stdin, self.process.stdout):
            _widen(stream)

    def _start(self, command: Command, stdin: Any, stdout: Any) -> subprocess.Popen[bytes]:
        account: dict[str, Any] = {} if command.user is None else {"user": command.user, "group": _group(command.user)}
        try:
            return subprocess.Popen(  # pylint: disable=ansible-bad-function
                list(command.argv),
                stdin=stdin,
                stdout=stdout,
                stderr=self._said,
                env={**os.environ, **command.environment},
                cwd=command.folder,
                pass_fds=tuple(command.keep),
                start_new_session=True,
                **({**account, "extra_groups": []} if account else {}),
            )
        except (OSError, ValueError) as error:
            self._said.close()
            reason = getattr(error, "strerror", None) or error
            package = _PACKAGES.get(self.name) if isinstance(error, FileNotFoundError) else None
            advice = f"install the package {package}" if package else ""
            raise NotThere(f"cannot run the program ({reason})", on=self.name, advice=advice) from error

    def kill(self) -> None:
        """End it and what it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def fault(self) -> OpsError | None:
        """Return what is wrong with how it ended; None when nothing is. To be called after its end."""
        status = self.process.returncode
        if status == 0 or (status == 1 and self._harmless and self._only_harmless()):
            return None
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        return OpsError(f"{os.path.basename(self.name)} {how}", advice=self._last_words())

    def _only_harmless(self) -> bool:
        """Tell whether each error that it told of has the word, and one was told."""
        self._said.seek(0)
        errors = [self._harmless.encode() in line for line in self._said if b"error: " in line]
        return bool(errors) and all(errors)

    def _last_words(self) -> str:
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, size - _TOLD))
        lines = [line for line in self._said.read().decode("utf-8", "replace").splitlines() if line.strip()]
        telling = [line for line in lines if _TELLING.search(line)]
        causes = [line for line in telling if _FOLLOWS not in line]
        return one_line((causes or telling or lines or [""])[-1], 300)

    def close(self) -> None:
        self._said.close()


def _widen(stream: IO[bytes] | None) -> None:
    """Let a pipe hold as much as we read at once, so that programs wait less for each other."""
    if stream is not None:
        with suppress(OSError):  # a user has a share of memory for pipes; a small one serves as well
            fcntl.fcntl(stream.fileno(), _SET_PIPE_SIZE, _CHUNK)


def _nameless() -> int:
    handle, name = tempfile.mkstemp()
    os.unlink(name)
    return handle


def _group(user: str) -> int:
    import pwd  # here, as few need it

    try:
        return pwd.getpwnam(user).pw_gid
    except KeyError as error:
        raise NotThere("no such account on this host", on=user) from error


class Chain:
    """Programs that run; made by :func:`chain`."""

    def __init__(self, running: Sequence[_Running]) -> None:
        self._running = running
        self._late = False

    @property
    def stdin(self) -> IO[bytes]:
        """What the first one reads, when it was started so."""
        stream = self._running[0].process.stdin
        assert_there(stream)
        return stream  # type: ignore[return-value]

    @property
    def stdout(self) -> IO[bytes]:
        """What the last one writes, when it was started so."""
        stream = self._running[-1].process.stdout
        assert_there(stream)
        return stream  # type: ignore[return-value]

    def goes_on(self) -> bool:
        """Tell whether none has ended."""
        return all(one.process.poll() is None for one in self._running)

    def signal(self, number: int) -> None:
        """Send a signal to each that goes on, not to what it has started."""
        for one in self._running:
            one.process.send_signal(number)

    def expire(self) -> None:
        """End all, as their time is up."""
        self._late = True
        self.kill()

    def kill(self) -> None:
        """End all."""
        for one in self._running:
            one.kill()

    def end(self, seconds: float) -> None:
        """Wait for the end of all and raise for what did not end well.

        One that only could not write on, as the next had gone, is not the fault.
        """
        for one in self._running:
            one.process.wait()
        if self._late:
            raise Unreachable(f"the programs did not end within {seconds:g} s", on=self._running[0].name)
        faults = [(one, one.fault()) for one in self._running]
        bad = [(one, fault) for one, fault in faults if fault is not None]
        own = [fault for one, fault in bad if not _only_cut_off(one, fault)]
        for fault in own or [fault for _one, fault in bad]:
            raise fault


def _only_cut_off(one: _Running, fault: OpsError) -> bool:
    return one.process.returncode == -signal.SIGPIPE or "broken pipe" in fault.advice.lower()


def assert_there(stream: IO[bytes] | None) -> None:
    """Refuse to go on without a stream that should have been opened."""
    if stream is None:
        raise ValueError("the chain was started without this stream")


@contextmanager
def chain(
    commands: Sequence[Command],
    timeout: float,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stdout: IO[bytes] | int = subprocess.DEVNULL,
) -> Iterator[Chain]:
    """Run ``commands``, at least one, beside each other, and wait for them at the end of the block.

    :param timeout: seconds; then all are killed. :param stdin: of the first. :param stdout: of the last.
        ``subprocess.PIPE`` makes it a stream of the chain, closed at the end of the block.
    :raises NotThere: no such program or account. :raises Unreachable: time is up.
    :raises OpsError: one did not end well, with its last words.
    """
    running: list[_Running] = []
    started = Chain(running)
    timer = threading.Timer(timeout, started.expire)
    timer.daemon = True
    try:
        before: Any = stdin
        for index, command in enumerate(commands):
            last = index == len(commands) - 1
            running.append(_Running(command, before, stdout if last else subprocess.PIPE))
            if index:
                before.close()  # the next one has it; so the one before sees when that has gone
            before = running[-1].process.stdout
        timer.start()
        yield started
        _close(running)
        started.end(timeout)
    finally:
        timer.cancel()
        _reap(running)


def _close(running: Sequence[_Running]) -> None:
    for stream in (running[0].process.stdin, running[-1].process.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()


def _reap(running: Sequence[_Running]) -> None:
    """End what still runs, and let go of everything."""
    for one in running:
        one.kill()
        for stream in (one.process.stdin, one.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        one.process.wait()
        one.close()


def run_chain(commands: Sequence[Command], timeout: float, stdin: IO[bytes] | int = subprocess.DEVNULL) -> None:
    """Run ``commands`` and throw away what the last one writes. Raises as :func:`chain`."""
    with chain(commands, timeout, stdin=stdin):
        pass


class HashingFile:
    """A new file that knows the size and SHA-256 of what was written to it.

    A file or link that is already at ``path`` is an error, never followed.

    :raises OpsError: it cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = hashlib.sha256()
        self.size = 0
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._error(error) from error
        self._stream = os.fdopen(handle, "wb", buffering=0)

    def write(self, data: bytes) -> int:
        """Write all of ``data``, return its length."""
        view = memoryview(data)
        try:
            while view:
                view = view[self._stream.write(view) :]
        except OSError as error:
            raise self._error(error) from error
        self._digest.update(data)
        self.size += len(data)
        return len(data)

    def _error(self, error: OSError) -> OpsError:
        return OpsError(f"cannot write the file ({error.strerror})", on=str(self._path))

    @property
    def sha256(self) -> str:
        """The checksum of all that was written, hexadecimal."""
        return self._digest.hexdigest()

    def close(self) -> None:
        """Bring it to disk and close it."""
        try:
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise self._error(error) from error
        finally:
            self._stream.close()


def pieces(source: IO[bytes]) -> Iterator[bytes]:
    """Yield all that ``source`` still holds, as it comes."""
    # read1 returns what is there: the next program need not fill a whole piece first
    read = getattr(source, "read1", source.read)
    return iter(lambda: read(_CHUNK), b"")


def copy(source: IO[bytes], target: HashingFile) -> None:
    """Write all that ``source`` still holds to ``target``."""
    for piece in pieces(source):
        target.write(piece)


class Writable(Protocol):
    """What can be written to."""

    def write(self, data: bytes, /) -> int:
        """Write all of ``data``, return its length."""


@contextmanager
def written_through(commands: Sequence[Command], timeout: float, target: HashingFile) -> Iterator[Writable]:
    """Give something to write to; it goes through ``commands``, and what the last one writes goes into ``target``.

    Raises as :func:`chain`, and what ``target`` raises.
    """
    failed: list[OpsError] = []
    all_read = False

    def pump() -> None:
        try:
            copy(running.stdout, target)
        except OpsError as error:
            failed.append(error)
            running.kill()

    with chain(commands, timeout, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        pumping = threading.Thread(target=pump, daemon=True)
        pumping.start()
        try:
            with suppress(BrokenPipeError):  # the end of the chain tells of the program that has gone
                yield running.stdin
                running.stdin.close()
                all_read = True
        except BaseException:
            running.kill()
            raise
        finally:
            pumping.join()
        if failed:
            raise failed[0]
    if not all_read:
        raise OpsError("the program ended before it had read all", on=str(commands[0].argv[0]))
