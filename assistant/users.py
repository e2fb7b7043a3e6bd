"""Who may log in: a file of `name:hash` lines, as `htpasswd -B` writes them too."""

from __future__ import annotations

import os
import re
from functools import cached_property
from pathlib import Path

import bcrypt

from index.errors import UsageError

FILE = "users"
_NAME = re.compile(r"[^\s:]{1,64}")
_SHORTEST = 8  # characters of a password
_LONGEST = 72  # bytes, all that bcrypt looks at


class Users:
    """The users file, read anew whenever it has changed.

    Args:
        path: the file; where there is none, nobody may log in.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[tuple[int, int], dict[str, str]] | None = None

    @property
    def hashes(self) -> dict[str, str]:
        """Each user's password hash, by name.

        Raises:
            UsageError: the file cannot be read, or a line of it is not `name:hash`.
        """
        try:
            now = self.path.stat()
            stamp = (now.st_mtime_ns, now.st_size)
            if self._read is None or self._read[0] != stamp:
                self._read = stamp, _parse(self.path)
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"The users file {self.path} cannot be read: {error}. Mend it, or name another "
                "with DATELINE_USERS."
            ) from error
        return self._read[1]

    @cached_property
    def _nobody(self) -> bytes:
        """The hash of a password that nobody has."""
        return bcrypt.hashpw(os.urandom(16).hex().encode(), bcrypt.gensalt())

    def check(self, name: str, password: str) -> bool:
        """Whether it is the user's password; takes about a quarter of a second either way."""
        # A name that is not there must take as long as one that is.
        kept = self.hashes.get(name)
        given = password.encode()[:_LONGEST]
        right = bcrypt.checkpw(given, kept.encode() if kept else self._nobody)
        return right and kept is not None and len(password.encode()) <= _LONGEST

    def add(self, name: str, password: str) -> None:
        """Add a user, or give one another password.

        Raises:
            UsageError: the name or the password cannot be one.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} cannot be a user's name: 1 to 64 characters without spaces and colons."
            )
        size = len(password.encode())
        if len(password) < _SHORTEST or size > _LONGEST:
            raise UsageError(
                f"A password has at least {_SHORTEST} characters, and at most {_LONGEST} bytes; "
                f"this one has {len(password)} characters, {size} bytes."
            )
        made = bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()
        self._write({**self.hashes, name: made})

    def remove(self, name: str) -> None:
        """Take a user's login away; also ends it where it is in use.

        Raises:
            UsageError: there is no such user.
        """
        left = dict(self.hashes)
        if left.pop(name, None) is None:
            raise UsageError(f"There is no user {name!r} in {self.path}.")
        self._write(left)

    def _write(self, hashes: dict[str, str]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(f"{self.path.name}.new")
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_text("".join(f"{name}:{kept}\n" for name, kept in hashes.items()), "utf-8")
        new.replace(self.path)


def _parse(path: Path) -> dict[str, str]:
    hashes = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, kept = line.strip().partition(":")
        if not (_NAME.fullmatch(name) and re.match(r"\$2[aby]\$", kept)):
            raise UsageError(
                f"{path}:{number}: not a name and its bcrypt hash; `dateline users add NAME` and "
                "`htpasswd -B` write such lines."
            )
        hashes[name] = kept
    return hashes
