"""The file of users: no password in it, and nobody gets in with a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.errors import InputError
from rag.users import Users, hashed


@pytest.fixture
def users(tmp_path: Path) -> Users:
    found = Users(tmp_path / "users")
    assert found.add("ann", "correct horse") is True
    return found


def test_only_the_right_password_opens(users: Users) -> None:
    assert users.may("ann", "correct horse")
    assert not users.may("ann", "correct hors")
    assert not users.may("ann", "")
    assert not users.may("bob", "correct horse")


def test_the_file_holds_no_password_and_is_for_its_owner_alone(users: Users) -> None:
    assert "correct" not in users.path.read_text()
    assert users.path.read_text().startswith("ann:scrypt$32768$8$1$")
    assert users.path.stat().st_mode & 0o077 == 0
    assert hashed("correct horse") != hashed("correct horse")  # each has a salt of its own


def test_a_new_password_replaces_the_old_and_removing_closes_the_door_at_once(users: Users) -> None:
    assert users.add("ann", "battery staple") is False
    assert users.may("ann", "battery staple")
    assert not users.may("ann", "correct horse")
    users.add("bob", "correct horse")
    users.remove("ann")
    assert users.names() == ["bob"]
    assert not users.may("ann", "battery staple")


@pytest.mark.parametrize("name", ["", "a:b", "a b", "-a", "a\nb", "x" * 65])
def test_names_that_would_break_the_file_are_refused(users: Users, name: str) -> None:
    with pytest.raises(InputError, match="cannot be a user's name"):
        users.add(name, "correct horse")


def test_errors_say_what_to_do(tmp_path: Path, users: Users) -> None:
    with pytest.raises(InputError, match="has 5 characters"):
        users.add("bob", "short")
    with pytest.raises(InputError, match="no user 'bob'"):
        users.remove("bob")
    with pytest.raises(InputError, match="dateline user add"):
        Users(tmp_path / "absent").names()
    (tmp_path / "plain").write_text("ann:secret\n")
    with pytest.raises(InputError, match="plain:1 is no line"):
        Users(tmp_path / "plain").names()
    (tmp_path / "costly").write_text("ann:scrypt$1073741824$8$1$AAAA$AAAA\n")
    with pytest.raises(InputError, match="costly:1"):
        Users(tmp_path / "costly").names()
