"""A real PostgreSQL for one test session: a data folder of its own, loopback, always stopped."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/bin", "/usr/bin")


def find_server() -> Path | None:
    """Return the folder that holds initdb and postgres, or None."""
    for place in _PLACES:
        for folder in sorted(Path("/").glob(place.lstrip("/")), reverse=True):
            if (folder / "initdb").exists() and (folder / "postgres").exists():
                return folder
    return None


class Postgres:
    """`with Postgres(folder) as server`; `server.url` names an empty database."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._folder = Path(tempfile.mkdtemp(prefix="assay-postgres-"))
        self._port = _free_port()
        self._account: pwd.struct_passwd | None = None
        self.url = f"postgresql://assay@127.0.0.1:{self._port}/postgres"

    def __enter__(self) -> Self:
        try:
            # The server refuses to run as root; any other account of the system will do.
            self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
            if self._account is not None:
                os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
            data = str(self._folder / "data")
            self._run("initdb", "-D", data, "-U", "assay", "-A", "trust", "-E", "UTF8", "--no-sync")
            options = f"-h 127.0.0.1 -p {self._port} -k {self._folder} -F"
            log = str(self._folder / "log")
            self._run("pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        data = self._folder / "data"
        if (data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def create_database(self, name: str) -> None:
        """Create an empty database."""
        port = str(self._port)
        self._run("createdb", "-h", "127.0.0.1", "-p", port, "-U", "assay", name)

    def _run(self, program: str, *arguments: str) -> None:
        account = self._account
        subprocess.run(
            [self._binaries / program, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            user=account.pw_uid if account is not None else None,
            group=account.pw_gid if account is not None else None,
        )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
