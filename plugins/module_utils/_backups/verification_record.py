# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Writing down what a proof has shown: into the manifest of the copy that was read, and into that of its other copy.

The other copy has the same bytes, as checksums were compared when it was sent. So what was found by reading, restoring
and comparing the data (L2 and above) holds for it too; that its own bytes are still those (L1) is not known by that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._core.errors import OpsError
from .information_copies import Copies, Copy
from .leftovers import passing_folder
from .manifest import Manifest, failure, write_manifest
from .options import root_of
from .storage import Place, same

_FOLDER = ".verified-"
_OWN = "L1"  # proofs up to this level are of one copy


def record(options: Mapping[str, Any], copies: Copies, copy: Copy, manifest: Manifest) -> list[str]:
    """Write ``manifest`` in the place of that of ``copy``, and what holds for the other copy into its; return warnings.

    :raises OpsError: the manifest of the copy that was read cannot be written.
    """
    _write(options, copy, manifest)
    other = copies.other(copy)
    if other is None or not same(other.backup.manifest, manifest):
        return []
    carried = carried_over(other.backup.manifest, manifest)
    if carried == other.backup.manifest:
        return []
    try:
        _write(options, other, carried)
    except OpsError as error:
        return [f"the other copy of {copy.backup.folder.name} does not know of this proof: {error}"]
    return []


def carried_over(other: Manifest, manifest: Manifest) -> Manifest:
    """Return the manifest of the other copy with the proofs that hold for it too."""
    own = tuple(proof for proof in other.proofs if proof.level <= _OWN)
    shared = tuple(proof for proof in manifest.proofs if proof.level > _OWN)
    if not shared or failure(replace(other, proofs=own)):
        return other
    return replace(other, proofs=(*own, *shared), level=manifest.level, verified_at=manifest.verified_at)


def _write(options: Mapping[str, Any], copy: Copy, manifest: Manifest) -> None:
    if copy.place is None:
        write_manifest(copy.backup.folder, manifest)
    else:
        _update(options, copy.place, copy.backup.folder.name, manifest)


def _update(options: Mapping[str, Any], place: Place, name: str, manifest: Manifest) -> None:
    root = root_of(options)
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OpsError(f"cannot make the folder ({error.strerror})", on=str(root)) from error
    with passing_folder(root, _FOLDER) as folder:
        (folder / name).mkdir(mode=0o700)
        write_manifest(folder / name, manifest)
        place.update(folder / name)
