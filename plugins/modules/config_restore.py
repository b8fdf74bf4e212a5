#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_restore
short_description: Restore configuration from a backup, below a folder or in place
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Compares what is there with a backup that M(day2.ops.config_backup) made, and writes only what differs, each file as
    a whole or not at all. Then compares all again.
  - Checksums of the backup are compared before anything is changed. What is replaced or removed is backed up before, as
    O(name) with C(-before-restore), of which the last 10 are kept. To undo a restore, restore that to the same O(to).
  - Restores owners when it runs as root, and modes always.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.backups
  - day2.ops.backups.where
  - day2.ops.backups.reading
attributes:
  check_mode:
    support: full
    details: Reads the backup and compares all files.
  diff_mode:
    support: full
    details: >-
      Shows what differs, of text files line by line. Of files that look like secrets by their name or content, or that
      not every account may read, only that they differ; see O(diff_contents). Values that look like secrets are masked.
  idempotent:
    support: full
notes:
  - No symbolic link below O(to) is followed. One in the place of a folder of the backup is an error, as is a folder in
    the place of a file; one in the place of a file is replaced.
  - What backups hold is as trusted as whoever may write to them. Paths that lead out, and anything but files, folders
    and links, are refused.
options:
  name:
    description: The name under which it was backed up. Without it C(config).
    type: str
  to:
    description:
      - The folder below which everything is restored with its whole path, so that C(/etc/nginx) comes into
        C(<to>/etc/nginx). It is made, for the owner alone, when it is not there. V(/) together with O(in_place).
    type: path
    required: true
  in_place:
    description: Whether everything is restored to where it was. O(to) must be V(/) then.
    type: bool
    default: false
  only:
    description:
      - What is restored, as patterns like those of O(day2.ops.config_backup#module:excludes), of whole paths as they
        were backed up. What is in a folder that matches is meant too. Without it everything.
    type: list
    elements: str
  delete_extra:
    description:
      - Whether files and links that the backup does not have are removed from folders that were backed up, and folders
        that are empty then. What the backup excluded, other file systems, sockets and devices stay.
    type: bool
    default: false
  keep_old:
    description: Whether what is replaced or removed is backed up before. Encrypted for the recipients of the backup.
    type: bool
    default: true
  outside_links:
    description:
      - What to do with links that lead out of O(to), such as absolute ones. V(keep) restores them as they were, nothing
        is written through them; V(refuse) fails before anything is changed.
    type: str
    default: keep
    choices: [keep, refuse]
  diff_contents:
    description:
      - Whether the diff shows lines of files. Without it those of files that every account of the host may read, of a
        backup that is not encrypted. V(true) those of others too, but for what looks like a secret. V(false) none.
    type: bool
seealso:
  - module: day2.ops.config_backup
"""

EXAMPLES = r"""
- name: See what has changed since the last backup
  day2.ops.config_restore:
    path: /var/backups/day2
    name: proxy
    to: /
    in_place: true
  check_mode: true
  diff: true

- name: Put the sites back as they were, also those that were added since
  day2.ops.config_restore:
    path: /var/backups/day2
    name: proxy
    backup: 20260301T020000Z-7f3a91c2
    to: /
    in_place: true
    only: [/etc/nginx/sites-available]
    delete_extra: true
    encryption:
      method: age
      identity_file: /etc/day2/backup.key

- name: Look at an old one
  day2.ops.config_restore:
    path: /var/backups/day2
    name: proxy
    to: /srv/proxy-as-it-was
"""

RETURN = r"""
backup:
  description: The name of the backup's folder.
  returned: success
  type: str
  sample: 20260301T020000Z-7f3a91c2
level:
  description: To which level the backup was proven.
  returned: success
  type: str
  sample: L2
to:
  description: The folder below which was restored.
  returned: success, or failure in the middle
  type: str
  sample: /
created:
  description: How many files, folders and links were not there.
  returned: success
  type: int
  sample: 1
replaced:
  description: How many were there and differed.
  returned: success
  type: int
  sample: 2
removed:
  description: How many the backup does not have, with O(delete_extra).
  returned: success
  type: int
  sample: 0
unchanged:
  description: How many were there just so.
  returned: success
  type: int
  sample: 38
changes:
  description: >-
    The first 1000 that were created or replaced, and what differed: C(missing), C(type), C(content), C(target),
    C(owner) or C(mode). What is no UTF-8 in a path is written as C(\\xNN). After a failure in the middle, what was
    to be.
  returned: success, or failure in the middle
  type: list
  elements: dict
  sample: [{path: /etc/nginx/nginx.conf, change: content}]
kept:
  description: The folder of the backup of what was replaced or removed; null when nothing was, or nothing kept.
  returned: success, or failure in the middle
  type: str
  sample: /var/backups/day2/proxy-before-restore/20260301T090000Z-11f0c3ab
"""

from ansible_collections.day2.ops.plugins.module_utils._backups.config_restore import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
