#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_backup
short_description: Back up a Redis or Valkey, proven before it counts
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Takes all data of a server as one RDB file, C(dump.rdb), with its manifest. A backup gets its name only when it has
    been written, brought to disk, read back, compared, and proven to the level O(verify).
  - The data come over the wire, as replicas get them, so that no access to the server's files is needed; or the server
    saves, and its file is copied.
  - All databases of the server are backed up. Users and settings are not in an RDB file; functions are.
  - V(L2) has the file checked by C(redis-check-rdb), and counts its keys by database and type. V(L3) loads it into a
    scratch server, which listens on a socket in a folder of its own and writes nothing, and compares the keys that it
    holds with the file; this checks all data, too, and stands for V(L2). V(L4) compares keys, and keys that expire, by
    database with what the server held when it forked, and gives the answers to O(rehearsal) C(assertions).
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.redis
  - day2.ops.tls
  - day2.ops.backups
  - day2.ops.backups.where
  - day2.ops.backups.making
attributes:
  check_mode:
    support: full
    details: Tells what would be backed up, and into which folder.
  diff_mode:
    support: full
    details: Shows the newest backup before and after.
  idempotent:
    support: none
    details: Each run makes a backup.
options:
  method:
    description:
      - How the data are taken. V(replication) asks the server for them as a replica does. The server forks and saves
        as for C(BGSAVE), then sends the file; see O(diskless).
      - V(copy) lets the server save (C(BGSAVE)), awaits that, and reads the file, on the server's host.
    type: str
    choices: [replication, copy]
    default: replication
  diskless:
    description:
      - For O(method=replication), lets the server send what it saves at once, so that nothing is on its disk. It first
        waits for its C(repl-diskless-sync-delay), 5 seconds unless set.
      - Without it the server writes its RDB file first, at once.
    type: bool
    default: false
  rdb_path:
    description: For O(method=copy), the server's RDB file, when it does not tell where that is (C(CONFIG GET)).
    type: path
  from:
    description: With O(sentinels), whether the primary or one of its replicas is backed up, which spares the primary.
    type: str
    choices: [primary, replica]
    default: primary
  bin_dir:
    description:
      - A folder with C(redis-server) and C(redis-check-rdb), or those of Valkey, looked at before the usual places.
        They prove the backup; the scratch server must be of a version that reads the server's files.
    type: path
notes:
  - The ACL user needs C(+ping +info +sync) and C(+replconf) for O(method=replication), C(+ping +info +time +bgsave) and
    C(+config|get) for O(method=copy), and no keys. For example, C(user backup on >PASSWORD -@all +ping +info +sync
    +replconf).
  - Options of O(rehearsal) are C(bin_dir) and C(assertions), a list of dictionaries with C(command) (a list of words,
    one that only reads), C(expected) (its answer) and C(db) (0).
  - A save forks the server. Pages that change meanwhile are copied, so a server that is written to much may need up to
    twice its memory, and its host C(vm.overcommit_memory=1). A warning tells when that may go wrong.
  - Of a Redis Cluster each primary is backed up by a call of its own, with O(cluster) left out.
seealso:
  - module: day2.ops.redis_restore
"""

EXAMPLES = r"""
- name: Back up the sessions, and prove that they can be restored
  day2.ops.redis_backup:
    login_host: redis.example.com
    login_user: backup
    login_password_file: /etc/day2/redis.password
    path: /var/backups/day2
    name: sessions
    verify: L4
    rehearsal:
      assertions:
        - command: [EXISTS, "config:flags"]
          expected: 1
    retention:
      daily: 7
      weekly: 4

- name: Spare the primary, and encrypt
  day2.ops.redis_backup:
    sentinels: ["s1.example.com", "s2.example.com", "s3.example.com"]
    sentinel_service: mymaster
    from: replica
    path: /var/backups/day2
    encryption:
      method: age
      recipients: ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]
"""

RETURN = r"""
backup:
  description: The name of the backup's folder.
  returned: success and not in check mode
  type: str
  sample: 20260301T020000Z-1f6a09c3
path:
  description: The backup's folder; in check mode that of the catalogue.
  returned: success
  type: str
  sample: /var/backups/day2/sessions/20260301T020000Z-1f6a09c3
name:
  description: The name of the catalogue.
  returned: success
  type: str
  sample: sessions
level:
  description: To which level it was proven.
  returned: success and not in check mode
  type: str
  sample: L4
size:
  description: Bytes of all files.
  returned: success and not in check mode
  type: int
  sample: 26288988
files:
  description: The files.
  returned: success and not in check mode
  type: list
  elements: str
  sample: [dump.rdb]
facts:
  description:
    - What the server held at the moment of the backup, C(keys), C(expires) (keys that expire), both by database in
      C(databases), and C(changes), how many changes there were around that moment, so that the backup may hold as many
      keys more or less; null when that is not known.
  returned: success and not in check mode
  type: dict
  sample: {"keys": 3, "expires": 1, "databases": {"0": {"keys": 3, "expires": 1}}, "changes": 0}
proofs:
  description: How each level was reached, with C(level), C(seconds) and what was C(found), such as keys by type.
  returned: success and not in check mode
  type: list
  elements: dict
  sample: [{"level": "L1", "seconds": 0.1, "found": {"files": 1, "bytes": 26288988}}]
seconds:
  description: How long it took.
  returned: success and not in check mode
  type: float
  sample: 2.1
storage:
  description: Where it was sent, and what was done for that.
  returned: when O(storage) is given
  type: dict
  sample: {"where": "s3://backups/day2/sessions"}
removed:
  description: Backups that O(retention) has removed, and why.
  returned: success and not in check mode
  type: list
  elements: dict
  sample: []
estimate:
  description: How many bytes a backup may take.
  returned: in check mode
  type: int
  sample: 169321816
plan:
  description: What would be backed up and how.
  returned: in check mode
  type: dict
  sample: {"file": "dump.rdb", "method": "replication", "keys": 3, "databases": {"0": {"keys": 3, "expires": 1}}}
level_failed:
  description: The level that a backup failed to reach.
  returned: when one was not reached
  type: str
  sample: L3
missing_libraries:
  description: Python packages without which the server cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["redis"]
"""

from ansible_collections.day2.ops.plugins.module_utils._backups.redis_backup import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
