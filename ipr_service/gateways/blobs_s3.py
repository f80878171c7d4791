"""The shelf for stored contents in an object store that speaks S3. The extra ``s3`` brings boto3, imported only when used.

Write once rests on the conditional write (``If-None-Match: *``) of PutObject and CompleteMultipartUpload; a store that ignores
that header (some older ones do) must not be used. Names and passwords of the store come from boto3's own places (environment,
profile, instance role) and never from our settings. What arrives here is ciphertext (``blobs.BlobStore``).

Source: Amazon S3 API reference, PutObject, CompleteMultipartUpload, GetObject, ListMultipartUploads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from ipr_service.errors import N_, ConflictError, NotFoundError, OutsideError, ServiceError, SettingsError, StorageFullError

PART_SIZE = 8 * 1024 * 1024
"""Bytes of one part; S3 takes 5 MiB to 5 GiB and at most 10,000 parts, hence contents up to 78 GiB."""

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_GONE = frozenset({"NoSuchKey", "NotFound", "NoSuchUpload", "404"})
_FULL = frozenset({"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage", "507"})
_T = TypeVar("_T")


@dataclass(frozen=True)
class S3Shelf:
    """A bucket, or a part of one. Build with :meth:`from_url`.

    Args:
        client: a boto3 S3 client.
        bucket: its name.
        prefix: empty, or ending in ``/``.
        failures: what boto3 raises: (an answer that says no, no answer).
    """

    client: Any = field(repr=False)
    bucket: str
    prefix: str
    failures: tuple[type[Exception], type[Exception]] = field(repr=False)

    @classmethod
    def from_url(cls, url: str) -> S3Shelf:
        """Read ``s3://bucket/prefix``; ``?endpoint=https://host`` and ``&region=`` for stores other than Amazon's.

        Raises:
            SettingsError: another form, or the extra ``s3`` is not installed.
        """
        parts = urlsplit(url)
        options = parse_qs(parts.query)
        if parts.scheme != "s3" or not parts.netloc or set(options) - {"endpoint", "region"}:
            raise SettingsError(N_("IPR_BLOBS_URL must look like s3://bucket/prefix, with ?endpoint=https://host if need be."))
        try:
            import boto3
            from botocore.config import Config  # type: ignore[import-untyped]  # botocore carries no types
            from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # botocore carries no types
        except ImportError as problem:
            raise SettingsError(N_("IPR_BLOBS_URL needs the extra s3: pip install 'ipr-service[s3]'.")) from problem
        endpoint, region = options.get("endpoint", [None])[0], options.get("region", [None])[0]
        config = Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 4, "mode": "standard"})
        client = boto3.client("s3", endpoint_url=endpoint, region_name=region, config=config)
        prefix = parts.path.strip("/")
        return cls(client, parts.netloc, f"{prefix}/" if prefix else "", (ClientError, BotoCoreError))

    def call(self, operation: Callable[..., _T], **arguments: Any) -> _T:
        """One call to the store, its failures in the words of the house.

        Raises:
            ConflictError, NotFoundError, StorageFullError, OutsideError.
        """
        said_no, no_answer = self.failures
        try:
            return operation(Bucket=self.bucket, **arguments)
        except said_no as problem:
            raise _translated(str(getattr(problem, "response", {}).get("Error", {}).get("Code", ""))) from problem
        except no_answer as problem:
            raise OutsideError(N_("The object store did not answer.")) from problem

    def sink(self, blob_id: str) -> S3Sink:
        return S3Sink(self, self.prefix + blob_id)

    def size(self, blob_id: str) -> int | None:
        try:
            return int(self.call(self.client.head_object, Key=self.prefix + blob_id)["ContentLength"])
        except NotFoundError:
            return None

    def read(self, blob_id: str, offset: int, size: int) -> bytes:
        if size <= 0:
            return b""
        answer = self.call(self.client.get_object, Key=self.prefix + blob_id, Range=f"bytes={offset}-{offset + size - 1}")
        try:
            content: bytes = answer["Body"].read()
        except self.failures[1] as problem:
            raise OutsideError(N_("The object store did not answer.")) from problem
        return content

    def delete(self, blob_id: str) -> None:
        if not blob_id.startswith("."):
            self.call(self.client.delete_object, Key=self.prefix + blob_id)
            return
        name, upload = blob_id[1:].removesuffix(".partial").split(".", 1)
        try:
            self.call(self.client.abort_multipart_upload, Key=self.prefix + name, UploadId=upload)
        except NotFoundError:
            return

    def listing(self) -> Iterator[tuple[str, int, datetime]]:
        start = len(self.prefix)
        for upload in self._pages("list_multipart_uploads", "Uploads"):
            yield f".{upload['Key'][start:]}.{upload['UploadId']}.partial", 0, upload["Initiated"]
        for entry in self._pages("list_objects_v2", "Contents"):
            yield entry["Key"][start:], entry["Size"], entry["LastModified"]

    def _pages(self, operation: str, items: str) -> Iterator[Any]:
        pages = self.call(self.client.get_paginator(operation).paginate, Prefix=self.prefix)
        said_no, no_answer = self.failures
        try:
            for page in pages:
                yield from page.get(items, ())
        except (said_no, no_answer) as problem:
            raise OutsideError(N_("The object store did not answer.")) from problem


class S3Sink:
    """One upload: small ones in one request, larger ones in parts that are sent while bytes arrive."""

    def __init__(self, shelf: S3Shelf, key: str) -> None:
        self._shelf = shelf
        self._key = key
        self._pending = bytearray()
        self._upload: str | None = None
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self._pending += data
        while len(self._pending) >= PART_SIZE:
            self._send(bytes(self._pending[:PART_SIZE]))
            del self._pending[:PART_SIZE]

    def _send(self, part: bytes) -> None:
        client = self._shelf.client
        if self._upload is None:
            self._upload = self._shelf.call(client.create_multipart_upload, Key=self._key)["UploadId"]
        number = len(self._parts) + 1
        answer = self._shelf.call(client.upload_part, Key=self._key, UploadId=self._upload, PartNumber=number, Body=part)
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})

    def finish(self) -> None:
        client = self._shelf.client
        if self._upload is None:
            self._shelf.call(client.put_object, Key=self._key, Body=bytes(self._pending), IfNoneMatch="*")
            return
        if self._pending:
            self._send(bytes(self._pending))
        parts = {"Parts": self._parts}
        self._shelf.call(client.complete_multipart_upload, Key=self._key, UploadId=self._upload, MultipartUpload=parts, IfNoneMatch="*")
        self._upload = None

    def abort(self) -> None:
        """Drop the parts. If the store does not answer now, the sweep drops them later."""
        upload, self._upload = self._upload, None
        if upload is not None:
            try:
                self._shelf.call(self._shelf.client.abort_multipart_upload, Key=self._key, UploadId=upload)
            except (NotFoundError, OutsideError):
                return


def _translated(code: str) -> ServiceError:
    if code in _TAKEN:
        return ConflictError(N_("Content with this id is stored already and is never replaced."))
    if code in _GONE:
        return NotFoundError(N_("This content is not stored here."))
    if code in _FULL:
        return StorageFullError(N_("The storage of this service is full. Nothing was kept; please try again later."))
    return OutsideError(N_("The object store refused, with code {code}."), code=code)
