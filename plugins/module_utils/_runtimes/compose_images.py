# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Images behind their names: a build or a pull gives a name to another image, while containers run the one of before.

An image is known by its id, the digest of its configuration. The one of before is kept under a tag of its own, as one
without any name is what ``docker image prune`` removes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

# A tag follows the last colon, and a port of a registry is followed by a slash.
_TAGGED = re.compile(r":(?P<tag>[^:/]*)\Z")


@dataclass(frozen=True)
class Images:
    """What a service of compose runs.

    :param name: what the project's files call its image. :param builds: whether they build it.
    :param runs: the ids that its containers run. :param means: the id that the name has now, None for no image.
    """

    name: str
    builds: bool
    runs: Sequence[str]
    means: str | None

    @property
    def pinned(self) -> bool:
        """Tell whether the name is a digest, which never means another image."""
        return "@" in self.name

    @property
    def several(self) -> bool:
        """Tell whether containers run different images, as when a run that renews them has come half the way."""
        return len(self.runs) > 1

    @property
    def stale(self) -> bool:
        """Tell whether a container runs another image than the name means."""
        return self.means is not None and any(one != self.means for one in self.runs)

    def kept_as(self, tag: str) -> str:
        """Return the name under which the image of before is kept: several of one repository are told by their tags."""
        own = _TAGGED.search(self.name)
        return f"{self.name[: own.start()]}:{tag}-{own['tag']}" if own else f"{self.name}:{tag}"


def images_of(
    service: str, config: Mapping[str, Any], runs: Sequence[str], id_of: Callable[[str], str | None]
) -> Images:
    """Return what a service runs. :param config: of the whole project. :param id_of: returns the id of a name."""
    own = config["services"][service]
    name = str(own.get("image") or f"{config['name']}-{service}")
    return Images(name, bool(own.get("build")), sorted(set(runs)), id_of(name))
