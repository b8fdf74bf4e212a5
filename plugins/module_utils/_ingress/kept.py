# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a thing was like before its ingress was closed, in a file of the host, for things that have no room for it.

It may hold what a document held, so that only its owner may read it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import OpsError
from .._core.files import fsync_folder, read_json, write_json

SPEC = ArgSpec(options={"state_dir": {"type": "path", "default": "~/.local/state/day2/ingress"}})


class Kept:
    """The file for one thing."""

    def __init__(self, options: Mapping[str, Any], kind: str, of: str) -> None:
        """Name it.

        :param of: what tells the thing from all others of its kind; stands in the file for people to read.
        """
        self._of = of
        digest = hashlib.sha256(of.encode()).hexdigest()[:16]
        self.path = Path(options["state_dir"]) / f"{kind}-{digest}.json"

    def read(self) -> Any:
        """Return what was kept; None when nothing is. :raises OpsError: the file cannot be read."""
        if not self.path.exists():
            return None
        found = read_json(self.path)
        if not isinstance(found, dict) or "kept" not in found:
            raise OpsError("the file does not hold what an ingress was like", on=str(self.path))
        return found["kept"]

    def write(self, value: Any) -> None:
        """Keep ``value``, of JSON, until :meth:`drop`. :raises OpsError: it cannot be written."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise OpsError(
                f"cannot make the folder ({error.strerror})", on=str(self.path.parent), advice="see switch: state_dir"
            ) from error
        write_json(self.path, {"of": self._of, "kept": value})

    def drop(self) -> None:
        """Forget it, as it is as before. :raises OpsError: the file cannot be removed."""
        try:
            self.path.unlink(missing_ok=True)
            if self.path.parent.is_dir():
                fsync_folder(self.path.parent)
        except OSError as error:
            raise OpsError(f"cannot remove the file ({error.strerror})", on=str(self.path)) from error
