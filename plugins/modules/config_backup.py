#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_backup
short_description: Back up files and folders of configuration, when they have changed
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Packs files, folders and symbolic links into an archive (tar, packed by zstd, or by gzip where the program zstd is
    missing), with an index of each one's checksum, owner and mode. The backup counts only once it was read back from
    disk, read in full, and compared with that index.
  - Makes none when the newest backup holds the same content, owners, modes and targets of links. Times of change do not
    count.
  - Nothing plain is on disk when O(encryption) is given. The manifest, which is not encrypted, tells how many files
    there are, not which.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.backups
  - day2.ops.backups.where
  - day2.ops.backups.making
attributes:
  check_mode:
    support: full
    details: Reads all files to compare them with the newest backup, and lists what would be backed up.
  diff_mode:
    support: full
    details: Shows the newest backup before and after.
  idempotent:
    support: full
notes:
  - "Options of O(rehearsal): C(folder), an absolute path in which the backup is restored apart, without it beside the
    backup, or in C(/dev/shm) when that is encrypted; C(assertions), a list of dictionaries with C(path) and C(sha256)
    or C(contains) (a text); C(command), a list of a program and its arguments that is run in the folder of what was
    restored and must end with status 0, such as C([nginx, -t, -p, etc/nginx])."
  - Sockets, named pipes and devices are left out, with a warning. Extended attributes, access control lists and
    fractions of a second are not kept. Hard links become files of their own.
  - The folder O(path) is left out when it is within O(paths).
options:
  name:
    description:
      - The name of what is backed up, and of its folder in O(path). Give each task of its own a name of its own.
      - Characters other than letters, digits, C(.), C(_) and C(-) are written as C(%XX).
      - Without it C(config).
    type: str
  paths:
    description:
      - Files and folders, absolute, or patterns of them as a shell has them, V(/etc/*.conf); V(**) is any number of
        folders. One that is not there, or a pattern that nothing matches, is an error.
      - A symbolic link that is given itself is an error unless O(follow_links); below a folder, or found by a pattern,
        it is stored as a link.
    type: list
    elements: str
    required: true
  excludes:
    description:
      - What is left out, as patterns. V(*.bak) is a name at any depth, V(conf.d/*.bak) the end of a path,
        V(/etc/ssl/**) a whole path. C(*) and C(?) stop at a slash, C(**) does not. A slash at the end means folders
        only. What is in a folder that is left out is left out too.
    type: list
    elements: str
    default: []
  follow_links:
    description: Whether what links lead to is stored in the place of links. A link that leads nowhere stays one.
    type: bool
    default: false
  one_file_system:
    description: Whether what is mounted below a path is left out.
    type: bool
    default: false
  max_size:
    description:
      - How large all files may be together, as bytes or as V(500MB), V(1GiB). More is an error, so that a disk image is
        not backed up by mistake.
    type: raw
    default: 1GiB
  renew_after:
    description:
      - How old the newest backup may become until a new one is made although nothing has changed, as V(7d). Give it
        where the age of the newest backup is watched. Without it an unchanged backup stays the newest for good.
    type: raw
seealso:
  - module: day2.ops.config_restore
"""

EXAMPLES = r"""
- name: Keep the configuration of the proxy
  day2.ops.config_backup:
    path: /var/backups/day2
    name: proxy
    paths:
      - /etc/nginx
      - /etc/letsencrypt
    excludes: ["*.bak", "/etc/letsencrypt/archive/**"]
    encryption:
      method: age
      recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]
    retention: {last: 10, daily: 30}

- name: Prove that what was backed up is a configuration that Prometheus takes
  day2.ops.config_backup:
    path: /var/backups/day2
    name: prometheus
    paths: [/etc/prometheus]
    verify: L4
    rehearsal:
      assertions:
        - path: /etc/prometheus/prometheus.yml
          contains: "scrape_configs:"
      command: [promtool, check, config, etc/prometheus/prometheus.yml]
"""

RETURN = r"""
backup:
  description: The name of the backup's folder; that of the newest when nothing has changed.
  returned: success, but not in check mode when a new one would be made
  type: str
  sample: 20260301T020000Z-7f3a91c2
path:
  description: The backup's folder; the folder of its catalogue in check mode when a new one would be made.
  returned: success
  type: str
  sample: /var/backups/day2/proxy/20260301T020000Z-7f3a91c2
name:
  description: The name of the catalogue.
  returned: success
  type: str
  sample: proxy
level:
  description: To which level it was proven.
  returned: when there is a backup
  type: str
  sample: L2
size:
  description: Bytes of all files of the backup.
  returned: when there is a backup
  type: int
  sample: 18211
files:
  description: The files of the backup.
  returned: when there is a backup
  type: list
  elements: str
  sample: [files.tar.zst, index.jsonl]
facts:
  description: What it holds.
  returned: when there is a backup
  type: dict
  sample: {files: 31, folders: 6, links: 4, bytes: 70211, skipped: 0, digest: b5bb9d8014a0f9b1d61e21e796d78dcc}
proofs:
  description: How each level was reached.
  returned: when there is a backup
  type: list
  elements: dict
  sample: [{level: L2, seconds: 0.02, found: {members: 41, bytes: 70211}}]
seconds:
  description: How long it took.
  returned: when a backup was made
  type: float
  sample: 0.21
removed:
  description: Backups that O(retention) has removed, and why.
  returned: when a backup was made
  type: list
  elements: dict
  sample: []
storage:
  description: Where else the backup was put.
  returned: when O(storage) is given and a backup was made
  type: dict
  sample: {where: "s3://backups/web1/proxy"}
estimate:
  description: How many bytes it may take at most.
  returned: in check mode, when a new one would be made
  type: int
  sample: 1200128
plan:
  description: How many files and bytes would be backed up, the first 1000 paths, and what would be left out.
  returned: in check mode, when a new one would be made
  type: dict
  sample: {files: 1, bytes: 120, paths: [/etc/nginx, /etc/nginx/nginx.conf], skipped: []}
level_failed:
  description: Which level found that the new backup is broken; it was thrown away.
  returned: failure of a proof
  type: str
  sample: L4
"""

from ansible_collections.day2.ops.plugins.module_utils._backups.config_backup import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
