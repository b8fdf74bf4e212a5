# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Where backups are; how one is made; which one is read."""

    WHERE = r"""
options:
  path:
    description:
      - The folder of all backups on the host where the module runs, absolute. Each thing that is backed up has a folder
        in it, and each backup a folder C(<UTC timestamp>-<id>) in that.
    type: path
    required: true
  name:
    description:
      - The name of what is backed up, and of its folder in O(path). Characters other than letters, digits, C(.), C(_)
        and C(-) are written as C(%XX).
    type: str
  storage:
    description:
      - Where backups are kept besides, as a dictionary with O(storage.kind).
    type: dict
    suboptions:
      kind:
        description: The kind of storage. V(s3) is any service that speaks the protocol of Amazon S3.
        type: str
        default: s3
        choices: [s3]
      bucket:
        description: The bucket, which must exist.
        type: str
        required: true
      prefix:
        description: What the keys in the bucket begin with.
        type: str
        default: ''
      endpoint_url:
        description: The service, when it is not Amazon's.
        type: str
      region:
        description: The region.
        type: str
      addressing_style:
        description:
          - Whether the bucket's name is a part of the path or of the host's name. V(auto) fits most services; others
            than Amazon's may want V(path).
        type: str
        default: auto
        choices: [auto, path, virtual]
      access_key:
        description: The id of the key. Without it the usual places are looked at (environment, profile, instance).
        type: str
      secret_key:
        description: The secret of the key. At most one of the three ways to give it.
        type: str
      secret_key_file:
        description: A file with the secret, on the host where the module runs.
        type: path
      secret_key_env:
        description: The name of an environment variable with the secret, on the host where the module runs.
        type: str
      session_token:
        description: The token of a passing key. At most one of the three ways to give it.
        type: str
      session_token_file:
        description: A file with the token.
        type: path
      session_token_env:
        description: The name of an environment variable with the token.
        type: str
      profile:
        description: A profile of the AWS configuration on the host.
        type: str
      ca_certs:
        description: A file with the authorities that are trusted.
        type: path
      validate_certs:
        description: Whether the service's certificate is verified.
        type: bool
        default: true
      timeout:
        description: How long one answer may take, as seconds or as V(60s). Each request is tried three times.
        type: raw
        default: 60s
      part_size:
        description: In parts of how many MiB a file is sent, 5 to 5120; larger ones where that makes over 10,000.
        type: int
        default: 16
      server_side_encryption:
        description: How the service is to encrypt what it stores.
        type: str
        choices: [AES256, aws:kms]
      kms_key_id:
        description: The key for V(aws:kms).
        type: str
      object_lock_mode:
        description: Locks each object against change and removal.
        type: str
        choices: [GOVERNANCE, COMPLIANCE]
      object_lock_for:
        description: How long, as V(30d).
        type: raw
"""

    DOCUMENTATION = r"""
options:
  encryption:
    description:
      - How the data are encrypted while they are written; nothing plain is on disk. The manifest is not encrypted.
    type: dict
    suboptions:
      method:
        description: The program. V(ansible-vault) is for backups of configuration only, up to 16 MiB.
        type: str
        required: true
        choices: [age, gpg, ansible-vault]
      recipients:
        description: For whom, public keys of age, or key ids or addresses in the keyring of gpg. Needed to write.
        type: list
        elements: str
      identity_file:
        description: The file with the private key of age. Needed to read.
        type: path
      gnupg_home:
        description: The home of gpg, with its keyring.
        type: path
      vault_password_file:
        description: The file with the password of ansible-vault, absolute.
        type: path
  command_timeout:
    description: How long the programs that write or read the data may take, as seconds or as V(6h).
    type: raw
    default: 6h
"""

    MAKING = r"""
options:
  verify:
    description:
      - To which level the backup is proven before it counts. V(L0) the program ended well. V(L1) the files that are on
        disk have the checksums of what was written. V(L2) all data were read. V(L3) it was restored apart. V(L4) what
        was restored was compared with the source.
      - Without it V(L2), or V(L1) when the data are encrypted and the host has no key to read them.
    type: str
    choices: [L0, L1, L2, L3, L4]
  rehearsal:
    description: How a backup is restored apart for V(L3) and V(L4). Its options are those of the kind, see the notes.
    type: dict
  retention:
    description:
      - Which backups are kept, once the new one is there, on the host and in O(storage) each by itself. Without it none
        is removed. Each rule keeps the newest of each of its periods that has a backup, in UTC; a backup stays if any
        rule keeps it. The newest that was proven is never removed, nor what cannot be read or is from the future.
    type: dict
    suboptions:
      last:
        description: How many of the newest.
        type: int
      daily:
        description: How many days, the newest backup of each.
        type: int
      weekly:
        description: How many weeks.
        type: int
      monthly:
        description: How many months.
        type: int
      yearly:
        description: How many years.
        type: int
      max_age:
        description: How old a backup may become, whatever else keeps it, as V(30d). The newest three are left.
        type: raw
  keep_local:
    description: Whether the backup stays on this host once it is in O(storage).
    type: bool
    default: true
"""

    READING = r"""
options:
  backup:
    description: Which one, by the name of its folder, or the V(newest) that no proof failed of, none from the future.
    type: str
    default: newest
"""
