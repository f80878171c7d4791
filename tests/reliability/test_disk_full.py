"""Class 24: the disk is full. 507 and never a receipt, nothing half-written; after space is freed it works and the audit is clean."""

from __future__ import annotations

import contextlib
import ctypes
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reliability.clients import Promise, hash_only, promise, send, with_file
from tests.reliability.oracle import judge
from tests.reliability.server import Answer, Running, ask, installed

SIZE = 96 << 20  # /readyz asks for 64 MiB
LIMIT = 16 << 10
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass
class Disk:
    """A folder whose room can be taken and given back.

    Where this process may mount, a file system of 96 MiB and a file that fills it. Elsewhere (a container without that right) the kernel
    is asked to let the server write no file beyond 16 KiB: the other way in which a write finds no room.
    """

    folder: Path
    mounted: bool

    def fill(self, server: Running) -> None:
        if not self.mounted:
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (LIMIT, resource.RLIM_INFINITY))
            return
        with (self.folder / "ballast").open("wb", buffering=0) as handle:
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while True:
                        handle.write(b"\0" * size)

    def free(self, server: Running) -> None:
        if self.mounted:
            (self.folder / "ballast").unlink()
        else:
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.fixture(params=[True, False], ids=["small file system", "file size limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = request.param and _LIBC.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, f"size={SIZE}".encode()) == 0
    yield Disk(folder, mounted)
    if mounted:
        assert _LIBC.umount2(str(folder).encode(), 2) == 0  # MNT_DETACH


def kept(answer: Answer, order: object, promises: list[Promise]) -> None:
    promises.append(promise(order, str(answer.json["id"]), answer.json["receipt"]))  # type: ignore[arg-type]


def test_class_24_a_full_disk_is_said_and_gives_no_receipt_and_nothing_half_written(disk: Disk) -> None:
    promises: list[Promise] = []
    with installed(disk.folder / "data", log_level="error") as (house, token):
        server = house.serve()
        for order in (with_file("before"), hash_only("before too")):
            kept(send(server.port, token, order), order, promises)
        disk.fill(server)
        refused = [send(server.port, token, make(f"full-{n}")) for n in range(3) for make in (with_file, hash_only)]
        assert {answer.status for answer in refused} <= {503, 507}
        assert all(b"receipt" not in answer.body for answer in refused)
        assert all(answer.headers["Content-Type"] == "application/problem+json" for answer in refused)
        assert ask(server.port, "GET", "/log/checkpoint").status == 200  # reading goes on
        if disk.mounted:
            assert 507 in {answer.status for answer in refused}
            ready = ask(server.port, "GET", "/readyz")
            assert (ready.status, ready.json["checks"]["disk"]["good"]) == (503, False)  # type: ignore[index]
        disk.free(server)
        for order in (with_file("full-0"), hash_only("after")):  # the key of a refused request is free again
            answer = send(server.port, token, order)
            assert answer.status == 201, answer.body
            kept(answer, order, promises)
        house.close()
        with house.context() as ctx:
            judge(ctx, promises)
        if disk.mounted:
            blobs = [path for path in (disk.folder / "data/blobs").rglob("*") if path.is_file()]
            assert len(blobs) == 2, "a refused file left something behind"
