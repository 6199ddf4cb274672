"""Who may log in: a file of lines ``name:scrypt$n$r$p$salt$hash``. Passwords themselves are nowhere.

scrypt (Percival 2009, RFC 7914) with n = 2¹⁵, r = 8, p = 1: 32 MB and about a tenth of a second a try.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from pathlib import Path

from index.errors import InputError, StoreError

N, R, P = 1 << 15, 8, 1
MIN_LENGTH = 8
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_NOBODY = "scrypt$32768$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAA"


def hashed(password: str) -> str:
    """The password's hash with a salt of its own."""
    salt = secrets.token_bytes(16)
    return _line(N, R, P, salt, _scrypt(password, salt, N, R, P))


class Users:
    """The users in a file, read again at each question: who is taken out cannot log in any more."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        """All names, sorted.

        Raises:
            InputError: the file cannot be read.
        """
        return sorted(self._read())

    def may(self, name: str, password: str) -> bool:
        """Whether that is the user's password. Takes as long for a name that is unknown.

        Raises:
            InputError: the file cannot be read.
        """
        known = self._read().get(name)
        n, r, p, salt, wanted = _parts(known or _NOBODY)
        return hmac.compare_digest(_scrypt(password, salt, n, r, p), wanted) and known is not None

    def add(self, name: str, password: str) -> bool:
        """Adds a user, or gives one that is there a new password; whether it is new.

        Raises:
            InputError: the name or the password cannot be used, or the file is no such file.
            StoreError: the disk refused.
        """
        if not _NAME.fullmatch(name):
            msg = f"{name!r} cannot be a user's name."
            raise InputError(msg, "Use letters, digits, dots, dashes, underscores and @, at most 64.")
        if len(password) < MIN_LENGTH:
            msg = f"The password has {len(password)} characters."
            raise InputError(msg, f"Choose one of at least {MIN_LENGTH}.")
        users = self._read() if self.path.exists() else {}
        new = name not in users
        self._write(users | {name: hashed(password)})
        return new

    def remove(self, name: str) -> None:
        """Takes a user out.

        Raises:
            InputError: there is none of that name.
            StoreError: the disk refused.
        """
        users = self._read()
        if users.pop(name, None) is None:
            msg = f"{self.path} has no user {name!r}."
            raise InputError(msg, f"It has {', '.join(sorted(users)) or 'none'}.")
        self._write(users)

    def _read(self) -> dict[str, str]:
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as exc:
            msg = f"The file of users {self.path} cannot be read."
            raise InputError(msg, f"Make it with `dateline user add NAME --file {self.path}`.") from exc
        users: dict[str, str] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            name, _, kept = line.strip().partition(":")
            try:
                _parts(kept)
            except ValueError as exc:
                msg = f"{self.path}:{number} is no line name:scrypt$…"
                raise InputError(msg, f"Write it with `dateline user add NAME --file {self.path}`.") from exc
            users[name] = kept
        return users

    def _write(self, users: dict[str, str]) -> None:
        """Puts a new file in the place of the old one, so that a kill leaves one of the two."""
        text = "".join(f"{name}:{kept}\n" for name, kept in sorted(users.items()))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, made = tempfile.mkstemp(dir=self.path.parent)  # readable by its owner alone
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(made).replace(self.path)
        except OSError as exc:
            msg = f"{self.path} cannot be written: {exc.strerror}."
            raise StoreError(msg, "Name another place with --file.") from exc


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


def _line(n: int, r: int, p: int, salt: bytes, key: bytes) -> str:
    return "$".join(["scrypt", str(n), str(r), str(p), *(base64.b64encode(part).decode() for part in (salt, key))])


def _parts(kept: str) -> tuple[int, int, int, bytes, bytes]:
    """n, r, p, salt and hash. Raises ValueError where that is no such line."""
    kind, n, r, p, salt, key = kept.split("$")
    if kind != "scrypt" or int(n) > 1 << 20 or int(r) > 32 or int(p) > 16:
        msg = "not scrypt, or costlier than can be"
        raise ValueError(msg)
    return int(n), int(r), int(p), base64.b64decode(salt, validate=True), base64.b64decode(key, validate=True)
