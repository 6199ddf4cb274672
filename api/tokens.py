"""Who may ask: tokens by name, kept as hashes in a file in the index's folder.

A token is 32 random bytes, so one SHA-256 over it is as safe at rest as a slow hash would be (nothing can be guessed
word by word, as with passwords), and checking costs nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from index.errors import InputError, StoreError

FILE = "tokens.json"
PREFIX = "dl_"
Scope = Literal["ask", "ingest", "admin"]
_NAME = re.compile(r"[\w.@-]{1,64}")


class Token(BaseModel):
    """A token as it is kept. `admin` includes every other scope."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    scopes: tuple[Scope, ...]
    sha256: str
    added: str

    def may(self, scope: Scope) -> bool:
        """Whether it is good for `scope`."""
        return scope in self.scopes or "admin" in self.scopes


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tokens: list[Token] = []


class Tokens:
    """The tokens of one index. A change made by another process is noticed at the next look.

    Args:
        place: folder of the index.
    """

    def __init__(self, place: Path) -> None:
        self.path = place / FILE
        self._lock = threading.Lock()
        self._read: tuple[int, int, int] | None = None
        self._tokens: list[Token] = []

    def all(self) -> list[Token]:
        """Every token, in the order in which they were added.

        Raises:
            StoreError: the file cannot be read; nobody is let in then.
        """
        with self._lock:
            try:
                found = self.path.stat()
                state = (found.st_mtime_ns, found.st_size, found.st_ino)
                if state != self._read:
                    self._tokens = _Kept.model_validate_json(self.path.read_bytes()).tokens
                    self._read = state
            except FileNotFoundError:
                self._tokens, self._read = [], None
            except (OSError, ValidationError) as exc:
                msg = f"{self.path} cannot be read: {str(exc).splitlines()[0]}."
                raise StoreError(msg, "Mend it, or delete it and add the tokens anew.") from exc
            return list(self._tokens)

    def find(self, secret: str) -> Token | None:
        """The token that was given out as `secret`."""
        digest = _hash(secret)
        found = None
        for token in self.all():
            if hmac.compare_digest(token.sha256, digest):
                found = token
        return found

    def add(self, name: str, scopes: tuple[Scope, ...]) -> str:
        """Makes a token and returns it; it cannot be shown again.

        Raises:
            InputError: the name is taken or cannot be one.
            StoreError: the file cannot be read or written.
        """
        if not _NAME.fullmatch(name):
            msg = f"{name!r} cannot be the name of a token."
            raise InputError(msg, "Use letters, digits, and . _ @ -, at most 64.")
        secret = PREFIX + secrets.token_urlsafe(32)
        with self._exclusive():
            tokens = self.all()
            if any(token.name == name for token in tokens):
                msg = f"There is a token {name!r} already."
                raise InputError(msg, "Remove it first: `dateline token remove NAME`.")
            added = datetime.now(UTC).isoformat(timespec="seconds")
            unique = tuple(dict.fromkeys(scopes))
            self._write([*tokens, Token(name=name, scopes=unique, sha256=_hash(secret), added=added)])
        return secret

    def remove(self, name: str) -> None:
        """Makes a token worthless, at once.

        Raises:
            InputError: there is none of that name.
            StoreError: the file cannot be read or written.
        """
        with self._exclusive():
            tokens = self.all()
            left = [token for token in tokens if token.name != name]
            if len(left) == len(tokens):
                msg = f"There is no token {name!r}."
                raise InputError(msg, "`dateline token list` names them.")
            self._write(left)

    def _exclusive(self) -> FileLock:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            msg = f"The folder {self.path.parent} cannot be made: {exc.strerror}."
            raise StoreError(msg, "Name another with --index DIR.") from exc
        return FileLock(self.path.with_suffix(".lock"))

    def _write(self, tokens: list[Token]) -> None:
        temporary = self.path.with_suffix(".tmp")
        try:
            created = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # before there is anything in it
            with os.fdopen(created, "w", encoding="utf-8") as file:
                file.write(_Kept(tokens=tokens).model_dump_json(indent=2) + "\n")
            temporary.replace(self.path)
        except OSError as exc:
            msg = f"{self.path} cannot be written: {exc.strerror}."
            raise StoreError(msg, "Make room, or see who owns the folder.") from exc


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
