# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encryption by the real programs age, gpg and ansible-vault: nothing plain on disk, nothing broken accepted."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import config_backup, config_kind, config_restore, draft
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import Backup, read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.cipher import cipher_of
from ansible_collections.day2.ops.plugins.module_utils._backups.config_kind import read_in_full
from ansible_collections.day2.ops.plugins.module_utils._backups.leftovers import passing_folder
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._backups.streams import HashingFile
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result

from .backups_encryption_keys import Options, age_key, gpg_home, public_only

MARK = b"plain-words-that-must-not-be-on-disk"
OPS, OTHER = "ops@example.com", "other@example.com"


@dataclass
class Method:
    """Options of a method: to write and read, to write only, and with a key that does not fit."""

    both: Options
    write: Options
    wrong: Options
    wrong_words: str


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with a short name, as a socket of gpg's agent is in it."""
    with tempfile.TemporaryDirectory(prefix="enc-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def age(folder: Path) -> Method:
    identity, recipient = age_key(folder)
    other, _recipient = age_key(folder, "other")
    write = {"method": "age", "recipients": [recipient]}
    return Method(
        both={**write, "identity_file": identity},
        write=write,
        wrong={"method": "age", "identity_file": other},
        wrong_words="age ended with status 1; age: error: no identity matched any of the recipients",
    )


@pytest.fixture(scope="module")
def gpg(folder: Path) -> Iterator[Method]:
    with gpg_home(folder, OPS, OTHER) as home:
        public = public_only(home, folder, OPS)
        both = {"method": "gpg", "recipients": [OPS], "gnupg_home": str(home)}
        yield Method(
            both=both,
            write={**both, "gnupg_home": str(public)},
            wrong={"method": "gpg", "gnupg_home": str(public)},
            wrong_words="the backup is encrypted",
        )


@pytest.fixture(params=["age", "gpg"])
def method(request: pytest.FixtureRequest) -> Method:
    """Each method of streams."""
    found: Method = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir()
    (made / "secret.conf").write_bytes(MARK * 50_000 + random.Random(1).randbytes(300_000))
    (made / "a\nb").write_text("x")
    return made


def back_up(etc: Path, encryption: Options, **options: Any) -> Result:
    given = {"path": str(etc.parent / "backups"), "paths": [str(etc)], "encryption": encryption, **options}
    return config_backup.operate(config_backup.SPEC.validate(given, "config_backup"), False)


def restore(etc: Path, encryption: Options | None, **options: Any) -> Result:
    given = {"path": str(etc.parent / "backups"), "to": str(etc.parent / "out"), **options}
    given.update({"encryption": encryption} if encryption else {})
    return config_restore.operate(config_restore.SPEC.validate(given, "config_restore"), False)


def newest(etc: Path) -> Backup:
    return read_catalog(etc.parent / "backups" / "config").backups[0]


def opened(etc: Path, encryption: Options) -> Opened:
    backup = newest(etc)
    return Opened(backup.folder, backup.manifest, cipher_of(encryption), 60.0)


def test_there_and_back(etc: Path, method: Method) -> None:
    made = back_up(etc, method.both, verify="L4")
    assert made.data["level"] == "L4"
    assert not back_up(etc, method.both).changed
    assert restore(etc, method.both).data["created"] == 3
    restored = etc.parent / "out" / str(etc).lstrip("/") / "secret.conf"
    assert restored.read_bytes() == (etc / "secret.conf").read_bytes()
    for file in Path(made.data["path"]).iterdir():
        assert MARK not in file.read_bytes()
        assert b"secret.conf" not in file.read_bytes()


def test_a_host_without_the_private_key_proves_to_l1(etc: Path, method: Method) -> None:
    made = back_up(etc, method.write)
    assert made.data["level"] == "L1"
    with pytest.raises(InputError, match="L2 needs what decrypts the backup"):
        back_up(etc, method.write, verify="L2")
    assert [backup.folder.name for backup in read_catalog(etc.parent / "backups" / "config").backups] == [
        made.data["backup"]
    ]
    with pytest.raises(InputError, match="the backup is encrypted"):
        restore(etc, method.write)
    with pytest.raises(InputError, match="the backup is encrypted"):
        restore(etc, None)
    assert restore(etc, method.both).changed


def test_a_key_that_does_not_fit_is_told_in_one_line(etc: Path, method: Method) -> None:
    back_up(etc, method.both)
    with pytest.raises(OpsError) as failed:
        restore(etc, method.wrong)
    assert method.wrong_words in str(failed.value)
    assert "\n" not in str(failed.value)
    assert not (etc.parent / "out").exists()


def test_another_method_is_told(etc: Path, age: Method, gpg: Method) -> None:
    back_up(etc, age.both)
    with pytest.raises(InputError, match="encrypted with age, not gpg"):
        restore(etc, gpg.both)


def test_others_can_decrypt_it_by_hand(etc: Path, method: Method) -> None:
    made = Path(back_up(etc, method.both).data["path"])
    (archive,) = made.glob("files.tar.*")
    if method.both["method"] == "age":
        argv = ["age", "--decrypt", "--identity", method.both["identity_file"], str(archive)]
    else:
        argv = ["gpg", "--batch", "--quiet", "--homedir", method.both["gnupg_home"], "--decrypt", str(archive)]
    packed = subprocess.run(argv, check=True, capture_output=True).stdout
    packer = "zstd" if ".zst" in archive.name else "gzip"
    plain = subprocess.run([packer, "-dc"], input=packed, check=True, capture_output=True).stdout
    listed = subprocess.run(["tar", "-t"], input=plain, check=True, capture_output=True).stdout
    assert str(etc / "secret.conf").lstrip("/").encode() in listed.splitlines()


def damaged(etc: Path, method: Method, spoil: Callable[[bytes], bytes]) -> None:
    """Spoil each file in turn, see that its full read fails, and put it right again."""
    backup = opened(etc, method.both)
    for name in (file.path for file in backup.manifest.files):
        whole = (backup.folder / name).read_bytes()
        (backup.folder / name).write_bytes(spoil(whole))
        with pytest.raises(OpsError):
            read_in_full(backup)
        (backup.folder / name).write_bytes(whole)
    read_in_full(backup)


def test_what_is_cut_or_altered_does_not_decrypt(etc: Path, method: Method) -> None:
    back_up(etc, method.both)
    chance = random.Random(2)

    def flipped(whole: bytes) -> bytes:
        bad = bytearray(whole)
        bad[chance.randrange(len(bad) // 2, len(bad))] ^= 1 << chance.randrange(8)
        return bytes(bad)

    for _try in range(4):
        damaged(etc, method, lambda whole: whole[: chance.randrange(len(whole))])
        damaged(etc, method, flipped)
    damaged(etc, method, lambda _whole: b"")
    damaged(etc, method, lambda _whole: MARK)


def test_nothing_plain_is_on_disk_meanwhile(etc: Path, method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever a piece has been written, all files of the draft and of the folder of temporary files are searched."""
    temporary = etc.parent / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    looked = []

    class Watched(HashingFile):
        def write(self, data: bytes) -> int:
            written: int = super().write(data)
            for folder in (etc.parent / "backups", temporary):
                for path in filter(Path.is_file, folder.rglob("*")):
                    looked.append(path.name)
                    assert MARK not in path.read_bytes()
            return written

    monkeypatch.setattr(draft, "HashingFile", Watched)
    back_up(etc, method.both, rehearsal={}, verify="L2")
    assert any(name.startswith("files.tar") for name in looked)
    assert not os.listdir(temporary)


def test_a_rehearsal_of_what_is_encrypted_is_in_memory(etc: Path, age: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("this system has no /dev/shm")
    places = []
    real = passing_folder

    def noted(parent: Path, prefix: str) -> Any:
        places.append(parent)
        return real(parent, prefix)

    monkeypatch.setattr(config_kind, "passing_folder", noted)
    back_up(etc, age.both, verify="L3")
    assert places == [Path("/dev/shm")]


def test_a_missing_program_is_told_with_its_package(etc: Path, method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    name = method.both["method"]
    programs = etc.parent / "bin"
    programs.mkdir()
    packer = shutil.which("zstd")
    if packer:
        (programs / "zstd").symlink_to(packer)
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(NotThere, match=rf"cannot run the program .*: {name}; install the package (age|gnupg)$"):
        back_up(etc, method.write)
    assert not list((etc.parent / "backups").glob("*/*2*"))


@pytest.mark.parametrize("recipient", ["nobody", "age1qqqq", "--help", "$(touch planted)", ""])
def test_a_recipient_that_is_none(etc: Path, method: Method, recipient: str) -> None:
    with pytest.raises(OpsError, match="ended with status"):
        back_up(etc, {**method.write, "recipients": [recipient]})
    assert not list((etc.parent / "backups").glob("*/*2*"))
    assert not Path("planted").exists()


def test_several_recipients_and_a_rotation_of_keys(etc: Path, tmp_path: Path, age: Method) -> None:
    new, recipient = age_key(tmp_path, "new")
    made = back_up(etc, age.both)
    both = {"method": "age", "recipients": [*age.write["recipients"], recipient], "identity_file": new}
    rotated = back_up(etc, both)
    assert rotated.changed  # other recipients make a new one although the files are as they were
    assert restore(etc, {"method": "age", "identity_file": new}).changed
    assert not restore(etc, {"method": "age", "identity_file": age.both["identity_file"]}).changed
    with pytest.raises(OpsError, match="no identity matched"):
        restore(etc, {"method": "age", "identity_file": new}, backup=made.data["backup"])


def test_what_is_replaced_is_kept_encrypted(etc: Path, age: Method) -> None:
    back_up(etc, age.both)
    (etc / "secret.conf").write_bytes(MARK)
    reader = {"method": "age", "identity_file": age.both["identity_file"]}
    done = restore(etc, reader, to="/", in_place=True)
    kept = Path(done.data["kept"])
    assert done.diff is not None
    assert MARK.decode() not in done.diff["prepared"]
    assert not [path for path in kept.iterdir() if MARK in path.read_bytes()]
    assert restore(etc, reader, to="/", in_place=True, name="config-before-restore").changed
    assert (etc / "secret.conf").read_bytes() == MARK


def test_ansible_vault(etc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = Path(sys.executable).parent / "ansible-vault"
    if not beside.exists() and not shutil.which("ansible-vault"):
        pytest.skip("ansible-vault is not here")
    (tmp_path / "password").write_text("correct horse\n")
    (tmp_path / "wrong").write_text("battery staple\n")
    vault = {"method": "ansible-vault", "vault_password_file": str(tmp_path / "password")}
    (etc / "secret.conf").write_bytes(MARK)
    made = back_up(etc, vault, verify="L1")
    assert not back_up(etc, vault).changed
    for file in made.data["files"]:
        content = (Path(made.data["path"]) / file).read_bytes()
        assert content.startswith(b"$ANSIBLE_VAULT;1.1;AES256\n")
    with pytest.raises(OpsError, match=r"ansible-vault ended with status 1; .*Decryption failed") as failed:
        restore(etc, {**vault, "vault_password_file": str(tmp_path / "wrong")})
    assert "battery" not in str(failed.value)
    assert restore(etc, vault).data["created"] == 3
    monkeypatch.setattr(config_backup, "MOST_IN_VAULT", 10)
    with pytest.raises(InputError, match="ansible-vault allows 0 MB"):
        back_up(etc, vault)
