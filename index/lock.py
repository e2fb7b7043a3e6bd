"""Who has an archive open: one process owns it, and the others find that one's door.

The lock is the operating system's own, let go of when its process ends, however it ends: there are
no stale ones. Beside it `owner.json` (for this user only) says which process holds it, where its
door is, and the secret that opens it.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from index.errors import ArchiveError, ArchiveLocked

if TYPE_CHECKING:
    from index.archive import Archive
    from index.door import Door

_OWNER = "owner.json"
# File systems over a network, where neither this lock nor SQLite's write-ahead log holds.
_REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "fuse.sshfs", "fuse.s3fs"}


@dataclass(frozen=True)
class Owner:
    """The process that has an archive open.

    Attributes:
        pid: its number.
        command: what it was started as.
        address: where its door is; "" until it is open.
        secret: what opens the door, in hexadecimal.
    """

    pid: int
    command: str
    address: str = ""
    secret: str = ""

    def __str__(self) -> str:
        return f"process {self.pid}, `{self.command}`"


class Lock:
    """An archive's lock, held; release it."""

    def __init__(self, folder: Path, lock: filelock.BaseFileLock) -> None:
        self._folder = folder
        self._lock = lock
        self._door: Door | None = None
        self._secret = secrets.token_hex(32)
        self._say("")

    @classmethod
    def take(cls, folder: Path) -> Lock | None:
        """Take an archive's lock, making its folder; None where another process holds it.

        Raises:
            ArchiveError: the folder cannot be written to, or locks do not hold there.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _require_local(folder)
            lock = filelock.FileLock(folder / "lock", blocking=False, thread_local=False)
            lock.acquire()
        except filelock.Timeout:
            return None
        except (OSError, NotImplementedError) as error:
            raise ArchiveError(
                f"The archive {folder} cannot be used: {getattr(error, 'strerror', error)}. "
                "Choose a folder that can be written to, with --archive or DATELINE_ARCHIVE."
            ) from error
        return cls(folder, lock)

    def receive(self, archive: Archive) -> None:
        """Open the door to guests."""
        from index.door import Door

        self._door = Door(archive, bytes.fromhex(self._secret))
        self._say(self._door.address)

    def send_away(self) -> None:
        """Close the door: guests may inherit as soon as the lock is released."""
        if self._door:
            self._door.close()

    def release(self) -> None:
        """Let another process have the archive."""
        self._lock.release()

    def _say(self, address: str) -> None:
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]]).strip()
        owner = Owner(os.getpid(), command, address, self._secret)
        path = self._folder / _OWNER
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.touch(0o600)
        new.write_text(json.dumps(owner.__dict__), encoding="utf-8")
        new.replace(path)


def owner(folder: Path) -> Owner:
    """The process that has an archive open.

    Raises:
        ArchiveLocked: it has not opened its door yet.
    """
    found = None
    try:
        found = Owner(**json.loads((folder / _OWNER).read_text(encoding="utf-8")))
        if found.address:
            return found
    except (OSError, ValueError, TypeError):
        pass
    raise ArchiveLocked(no_answer_from(folder, found))


def no_answer_from(folder: Path, found: Owner | None) -> str:
    """What is said when the process that has an archive open does not answer."""
    return (
        f"The archive {folder} is open in another process ({found or 'which did not say its name'})"
        " that does not answer. Wait for it, or stop it first."
    )


def _require_local(folder: Path) -> None:
    if (kind := _file_system(folder)) in _REMOTE:
        raise ArchiveError(
            f"The archive {folder} is on a network file system ({kind}), where locks do not hold "
            "and the archive would be damaged. Keep it on a local disk; for several machines use "
            "a Chroma server (DATELINE_CHROMA)."
        )


def _file_system(folder: Path) -> str:
    """The kind of file system a folder is on, or "" where the system does not say."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    kinds = {fields[1].replace("\\040", " "): fields[2] for fields in map(str.split, mounts)}
    real = folder.resolve()
    return next((kinds[str(up)] for up in (real, *real.parents) if str(up) in kinds), "")
