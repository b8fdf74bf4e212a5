# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Where a report's files are: one for each report and form, a stable name for the newest, and old ones that go."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from .._core.errors import OpsError
from .._core.files import atomic_write, fsync_folder
from .forms import FORMS, Form

# Whoever may read reports is in the group of the folder's owner.
_MODE = 0o640


class Places:
    """The files of the reports of one name in one folder.

    :param at: seconds since the epoch, from which the names of the files come.
    """

    def __init__(self, folder: Path, name: str, at: float) -> None:
        self._folder = folder
        self._name = name
        self._time = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))

    def of(self, form: Form) -> Path:
        """Return the file of this report in a form."""
        return self._folder / f"{self._name}-{self._time}.{form.ending}" if form.dated else self.latest(form)

    def latest(self, form: Form) -> Path:
        """Return the stable name, which leads to the newest report."""
        return self._folder / f"{self._name}-latest.{form.ending}"

    def write(self, form: Form, text: str) -> None:
        """Write the report in a form and let the stable name lead to it; readers see the old one or the new one.

        :raises OpsError: the folder cannot be made or written.
        """
        try:
            self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError as error:
            raise OpsError(f"cannot make the folder ({error.strerror})", on=str(self._folder)) from error
        file = self.of(form)
        atomic_write(file, text.encode("utf-8", "replace"), mode=_MODE)
        if form.dated:
            _point(self.latest(form), file.name)

    def remove_old(self, keep: int) -> list[str]:
        """Remove the oldest reports of the name in every form, so that ``keep`` stay (0: all); return what went wrong.

        The report that was just written is one of those that stay, whatever the clock says of the others.
        """
        if not keep:
            return []
        files = list(self._dated())
        times = sorted({made for made, _path in files} - {self._time})
        stay = {self._time, *times[len(times) - keep + 1 :]}
        told = []
        for made, path in files:
            if made not in stay:
                try:
                    path.unlink()
                except OSError as error:
                    told.append(f"cannot remove an old report ({error.strerror}): {path}")
        return told

    def _dated(self) -> Iterator[tuple[str, Path]]:
        """Yield (time, file) of each report; a report whose name only begins alike is another's."""
        endings = "|".join(form.ending for form in FORMS.values() if form.dated)
        shape = re.compile(rf"{re.escape(self._name)}-(\d{{8}}T\d{{6}}Z)\.({endings})")
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            match = shape.fullmatch(path.name)
            if match:
                yield match[1], path


def write_for_all(path: Path, text: str) -> None:
    """Write a file that a server under another account reads, such as node_exporter.

    The name under which it is written first does not end in ``.prom``, so that a half-written one is never read.

    :raises OpsError: the folder is missing or cannot be written.
    """
    atomic_write(path, text.encode("utf-8", "replace"), mode=0o644)


def _point(link: Path, target: str) -> None:
    """Make ``link`` a symbolic link to a file beside it, in one step.

    :raises OpsError: the folder cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=link.parent, prefix=f".{link.name}.") as folder:
            made = os.path.join(folder, "link")
            os.symlink(target, made)
            os.replace(made, link)
        fsync_folder(link.parent)
    except OSError as error:
        raise OpsError(f"cannot make the link ({error.strerror})", on=str(link)) from error
