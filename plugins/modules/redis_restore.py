#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_restore
short_description: Restore a backup of Redis or Valkey into a server
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Restores what M(day2.ops.redis_backup) has made. Checksums are compared, and the file is checked by
    C(redis-check-rdb) where there is one, before anything is touched.
  - With O(method=place) the module runs on the server's host. The data are written beside the server's files while it
    still runs. It is stopped, its files are put aside into C(before-TIME-ID) in its folder, the backup takes their
    place, and it is started. When it has loaded, what it holds is compared with the backup. If it does not come up, or
    lacks anything, it is stopped, has its old files back, and is started again.
  - This is right with the append-only file on, when a server never reads its RDB file. The backup is then placed as the
    base of the append-only file, too, so that one start is enough, and no setting is changed.
  - With O(method=replay) the backup is loaded into a scratch server where the module runs, and its keys are written
    into the server by C(DUMP) and C(RESTORE). That works over the network and into containers, and is slower.
  - Users, in an ACL file or in the configuration, and settings are not touched.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.redis
  - day2.ops.tls
  - day2.ops.backups
  - day2.ops.backups.where
  - day2.ops.backups.reading
attributes:
  check_mode:
    support: full
    details: Proves the backup, looks at the server, and tells what would be replaced.
  diff_mode:
    support: full
    details: Shows how many keys the server holds before and after.
  idempotent:
    support: none
    details: Each run with O(force) replaces what the server holds.
options:
  method:
    description: Whether the server's files are replaced, V(place), or its keys are written by commands, V(replay).
    type: str
    choices: [place, replay]
    default: place
  force:
    description:
      - Whether a server that holds keys, or that does not run and has files, is restored. With O(method=place) all its
        keys are replaced, and its old files kept; with O(method=replay) those of the same name are replaced, see
        O(flush), and nothing is kept.
    type: bool
    default: false
  flush:
    description: For O(method=replay), whether all keys of all databases are removed first.
    type: bool
    default: false
  service:
    description: The unit of systemd that runs the server, such as V(redis-server).
    type: str
  stop_command:
    description:
      - A program and its arguments that stops the server, such as V([docker, stop, redis]). No shell is involved.
      - Goes with O(start_command), in the place of O(service).
    type: list
    elements: str
  start_command:
    description: A program and its arguments that starts the server, and ends.
    type: list
    elements: str
  wait:
    description: How long the server may take to stop, and how long to start and load the data, as seconds or as V(10m).
    type: raw
    default: 10m
  dir:
    description:
      - The folder of the server's files. Asked from the server (C(CONFIG GET)) unless given; needed when it does not
        run, or when it sees other paths than the host, as in a container.
    type: path
  dbfilename:
    description: The name of its RDB file, asked from the server unless given.
    type: str
  appendonly:
    description: Whether its append-only file is on, asked from the server unless given. Needed when it does not run.
    type: bool
  appendfilename:
    description: The name of its append-only file, asked from the server unless given.
    type: str
  appenddirname:
    description:
      - The name of the folder with the parts of the append-only file, asked from the server unless given. An empty
        text means a server older than Redis 7, which has none.
    type: str
  bin_dir:
    description: A folder with the programs of Redis or Valkey, looked at before the usual places.
    type: path
notes:
  - For O(method=place), the ACL user needs C(+ping +info +time +bgsave) and C(+config|get), and C(+select +scan +type
    +evalsha +script|load ~*) to compare keys by type. For O(method=replay), C(+ping +info +select +restore ~*),
    C(+flushall) for O(flush), and C(+function) where there are functions.
  - A replica is refused. Replicas of the server take all data anew. Stop sentinels for O(method=place); they could
    choose a replica with the old data while the server is stopped.
  - Each node of a Redis Cluster is restored by a call of its own, from its own backup, with O(cluster) left out.
  - Old files stay in C(before-TIME-ID) until somebody removes them. They take space.
  - Is the module killed between stop and start, the old files are in C(before-TIME-ID), and the next run goes through.
seealso:
  - module: day2.ops.redis_backup
"""

EXAMPLES = r"""
- name: Restore the newest backup of the sessions
  day2.ops.redis_restore:
    login_password_file: /etc/day2/redis.password
    service: redis-server
    path: /var/backups/day2
    name: sessions
    force: true

- name: Restore one of a server in a container, whose folder is a volume
  day2.ops.redis_restore:
    login_port: 6380
    path: /var/backups/day2
    name: sessions
    backup: 20260301T020000Z-1f6a09c3
    dir: /var/lib/docker/volumes/redis/_data
    stop_command: [docker, stop, redis]
    start_command: [docker, start, redis]
    force: true

- name: Fill a managed service
  day2.ops.redis_restore:
    method: replay
    login_host: sessions.cache.example.com
    tls: true
    login_password_env: REDIS_PASSWORD
    path: /var/backups/day2
    name: sessions
"""

RETURN = r"""
backup:
  description: The name of the backup's folder.
  returned: success
  type: str
  sample: 20260301T020000Z-1f6a09c3
path:
  description: The backup's folder.
  returned: success
  type: str
  sample: /var/backups/day2/sessions/20260301T020000Z-1f6a09c3
keys_in_backup:
  description: How many keys are in the backup, those that have expired since among them.
  returned: success
  type: int
  sample: 613
keys_before:
  description: How many keys the server held; null when it did not run.
  returned: success
  type: int
  sample: 12
seconds:
  description: How long it took.
  returned: success
  type: float
  sample: 1.4
append_only:
  description: Whether the backup was placed as an append-only file, too.
  returned: with O(method=place)
  type: bool
  sample: true
dir:
  description: The folder of the server's files.
  returned: with O(method=place)
  type: str
  sample: /var/lib/redis
replaced:
  description: What was there, or would be replaced.
  returned: with O(method=place)
  type: list
  elements: str
  sample: [dump.rdb, appendonlydir]
kept:
  description: The folder with the old files; null when there were none, and in check mode.
  returned: with O(method=place)
  type: str
  sample: /var/lib/redis/before-20260301T120000Z-9b2d0c11
held:
  description: How many keys the server held when it had loaded the backup.
  returned: with O(method=place), not in check mode
  type: int
  sample: 611
loaded:
  description: How many keys it says that it has loaded; null when it does not say, as Redis before 7.0.
  returned: with O(method=place), not in check mode
  type: int
  sample: 611
expired_since:
  description: How many keys it did not load as they had expired.
  returned: with O(method=place), not in check mode
  type: int
  sample: 2
types_compared:
  description:
    - Whether keys were compared by type as well. They are when none of them expires, nobody writes meanwhile, and the
      user may count them.
  returned: with O(method=place), not in check mode
  type: bool
  sample: true
written:
  description: How many keys were written; null in check mode.
  returned: with O(method=replay), also when it fails after it has changed anything
  type: int
  sample: 611
flushed:
  description: Whether all keys of the server were removed before. The result says C(changed) then, although it failed.
  returned: with O(method=replay), when it fails after it has changed anything
  type: bool
  sample: true
functions:
  description: Whether there were functions, and they were restored.
  returned: with O(method=replay), not in check mode
  type: bool
  sample: false
missing_libraries:
  description: Python packages without which the server cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["redis"]
"""

from ansible_collections.day2.ops.plugins.module_utils._backups.redis_restore import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
