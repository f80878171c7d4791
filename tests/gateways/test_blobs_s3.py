"""The shelf in an object store, against a real HTTP server that speaks S3 (moto)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from moto.server import ThreadedMotoServer

from ipr_service.errors import ConflictError, NotFoundError, OutsideError, SettingsError
from ipr_service.gateways.blobs import BlobRef, BlobStore
from ipr_service.gateways.blobs_s3 import S3Shelf

MIB = 1024 * 1024
KEY = bytes(range(32))
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlobStore]:
    for name, value in {"ACCESS_KEY_ID": "nobody", "SECRET_ACCESS_KEY": "nothing", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    client = boto3.client("s3", endpoint_url=endpoint)
    bucket = f"b{os.urandom(6).hex()}"
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key="other/THING", Body=b"of somebody else")
    yield BlobStore(S3Shelf.from_url(f"s3://{bucket}/ipr/blobs?endpoint={endpoint}&region=us-east-1"), os.urandom)
    assert client.get_object(Bucket=bucket, Key="other/THING")["Body"].read() == b"of somebody else"


def ref(name: str) -> BlobRef:
    return BlobRef(name, "org1", "idea1", "1")


@pytest.mark.parametrize("size", [0, 5, 9 * MIB, 17 * MIB])
def test_a_content_of_any_size_comes_back_and_can_be_read_from_the_middle(store: BlobStore, size: int) -> None:
    content = os.urandom(size)
    store.put(ref("THING"), KEY, content)
    with store.open(ref("THING"), KEY) as reader:
        assert reader.read() == content
        reader.seek(size // 2)
        assert reader.read(10) == content[size // 2 : size // 2 + 10]


@pytest.mark.parametrize("size", [5, 9 * MIB])
def test_a_stored_content_is_never_replaced_and_the_loser_leaves_no_parts(store: BlobStore, size: int) -> None:
    store.put(ref("THING"), KEY, b"first")
    with pytest.raises(ConflictError):
        store.put(ref("THING"), KEY, os.urandom(size))
    assert store.open(ref("THING"), KEY).read() == b"first"
    assert [name for name, _, _ in store.shelf.listing()] == ["THING"]


def test_an_upload_that_nobody_finished_is_invisible_and_swept(store: BlobStore) -> None:
    lost = store.sink(ref("LOST"), KEY)
    lost.write(os.urandom(9 * MIB))
    assert not store.exists("LOST")
    store.put(ref("KNOWN"), KEY, b"x")
    store.put(ref("ORPHAN"), KEY, b"x")
    removed = store.sweep({"KNOWN"}, FUTURE)
    assert len(removed) == 2
    assert removed[0].startswith(".LOST.")
    assert [name for name, _, _ in store.shelf.listing()] == ["KNOWN"]
    lost.abort()


def test_an_aborted_upload_leaves_nothing(store: BlobStore) -> None:
    with store.sink(ref("HALF"), KEY) as sink:
        sink.write(os.urandom(9 * MIB))
    assert list(store.shelf.listing()) == []


def test_a_deleted_content_is_gone(store: BlobStore) -> None:
    store.put(ref("THING"), KEY, b"x")
    store.delete("THING")
    store.delete("THING")
    with pytest.raises(NotFoundError):
        store.open(ref("THING"), KEY)


def test_a_store_that_is_gone_or_refuses_is_an_outside_failure(store: BlobStore, endpoint: str) -> None:
    absent = BlobStore(S3Shelf.from_url(f"s3://no-such-bucket/?endpoint={endpoint}"), os.urandom)
    with pytest.raises(OutsideError):
        absent.put(ref("THING"), KEY, b"x")
    silent = BlobStore(S3Shelf.from_url("s3://bucket/?endpoint=http://127.0.0.1:9"), os.urandom)
    with pytest.raises(OutsideError):
        silent.exists("THING")


@pytest.mark.parametrize("url", ["s3://", "http://bucket", "s3://bucket?secret=1", ""])
def test_a_setting_of_another_form_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        S3Shelf.from_url(url)
