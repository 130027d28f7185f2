"""The file store: any S3, SeaweedFS unless told otherwise. Browsers send and fetch the bytes there themselves."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import boto3
import urllib3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NotConnected

from app.settings import Settings
from challenges.files import FormSlot, StoredFile, UploadSlot

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SLOT_SECONDS = 3600
READING_SECONDS = 60
FIRST_BYTES = 1024
CHUNK = 1 << 20
ABANDONED_DAYS = 2
SEEN_BY_SCRIPTS = ["ETag", "Accept-Ranges", "Content-Range", "Content-Length", "x-amz-version-id"]


class StoreAway(Exception):
    """The store did not answer, or answered that it cannot now. The web says it with 503."""

    message = (
        "The file store does not answer. Nothing is lost: what you handed in is kept. Please try again in a minute."
    )

    def __init__(self, why: object) -> None:
        super().__init__(f"{self.message} ({why})")


class FileLost(Exception):
    """The store has no such version of that file any more, although we were told that it has."""


class StoreUnfit(Exception):
    """The store answers, but cannot do what we rely on; `missing` says what, one sentence each."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__("The file store cannot be used:\n" + "\n".join(f"- {sentence}" for sentence in missing))
        self.missing = missing


class Store:
    """`challenges.files.FileStore` on S3. One is enough for a process; threads may share it.

    The server talks to `s3_endpoint`; URLs for browsers are signed for `s3_public_endpoint`, because the host is
    part of what is signed.
    """

    def __init__(self, settings: Settings) -> None:
        self.bucket = settings.s3_bucket
        self.origin = settings.url
        self._server = _client(settings, settings.s3_endpoint)
        self._public = _client(settings, settings.s3_public_endpoint)

    def prepare(self) -> None:
        """Make the bucket ready and try what we rely on; raises `StoreUnfit` with everything that is missing."""
        with _reaching():
            try:
                self._make_bucket()
                missing = [*self._refused_settings(), *self._tried()]
            except ClientError as error:
                missing = [f"it refuses the bucket “{self.bucket}” or our access key ({error})"]
        if missing:
            raise StoreUnfit(missing)

    def upload_slot(
        self, key: str, size: int, sha256: str, content_type: str, seconds: int = SLOT_SECONDS
    ) -> UploadSlot:
        """A PUT for exactly these bytes, once: size, check sum, type and "not there yet" are all signed."""
        return self._slot(self._public, key, size, sha256, content_type, seconds)

    def form_slot(
        self, key: str, max_bytes: int, content_type: str, redirect: str, seconds: int = SLOT_SECONDS
    ) -> FormSlot:
        """For a form without JavaScript; the store sends the browser back to `redirect` once it has the file.

        `redirect` must carry what it needs in its path: SeaweedFS replaces its query by its own. A form can be sent
        twice, so what counts is the version that is looked at when handing in.
        """
        fields = {"Content-Type": content_type, "success_action_redirect": redirect}
        conditions: list[Any] = [
            ["content-length-range", 1, max_bytes],
            *({name: text} for name, text in fields.items()),
        ]
        post = self._public.generate_presigned_post(
            self.bucket, key, Fields=dict(fields), Conditions=conditions, ExpiresIn=seconds
        )
        return FormSlot(url=post["url"], fields=post["fields"])

    def look(self, key: str, version_id: str | None = None) -> StoredFile | None:
        """What is there now (or as that version), in one call; None if nothing is."""
        named = self._named(key, version_id)
        with _reaching():
            try:
                found: Any = self._server.get_object(**named, Range=f"bytes=0-{FIRST_BYTES - 1}")
            except ClientError as error:
                if _is_absent(error):
                    return None
                if _status(error) != 416:  # an empty object has no first byte
                    raise
                found = self._server.head_object(**named)
                return _stored(key, found, 0, b"")
            with closing(found["Body"]) as body:
                beginning = body.read()
            # "bytes 0-1023/5000"; a store that ignores Range has sent it all
            whole = found.get("ContentRange", f"/{found['ContentLength']}").rpartition("/")[2]
            return _stored(key, found, int(whole), beginning[:FIRST_BYTES])

    def reading_url(
        self, key: str, version_id: str, file_name: str, content_type: str, inline: bool, seconds: int = READING_SECONDS
    ) -> str:
        """A GET of exactly that version. `inline` is for the viewer, which runs no script of the file."""
        return self._public.generate_presigned_url(
            "get_object",
            Params={
                **self._named(key, version_id),
                "ResponseContentDisposition": disposition(file_name, inline),
                "ResponseContentType": content_type,
                "ResponseCacheControl": "private",
            },
            ExpiresIn=seconds,
        )

    def read(self, key: str, version_id: str) -> Iterator[bytes]:
        """The bytes of that version, a piece at a time."""
        with _reaching():
            try:
                found = self._server.get_object(**self._named(key, version_id))
            except ClientError as error:
                if _is_absent(error):
                    raise FileLost(f"{key} (version {version_id}) is not in the store") from error
                raise
            with closing(found["Body"]) as body:
                yield from body.iter_chunks(CHUNK)

    def write(self, key: str, content: bytes, content_type: str) -> StoredFile:
        """Put bytes of our own there; doing it again makes a new version of the same key."""
        with _reaching():
            self._server.put_object(
                Bucket=self.bucket, Key=key, Body=content, ContentType=content_type, ChecksumSHA256=_checksum(content)
            )
        stored = self.look(key)
        if stored is None:
            raise StoreAway("it forgot what was just written")
        return stored

    def answers(self) -> bool:
        try:
            self._server.head_bucket(Bucket=self.bucket)
        except (ClientError, BotoCoreError):
            return False
        return True

    def _slot(
        self, client: "S3Client", key: str, size: int, sha256: str, content_type: str, seconds: int
    ) -> UploadSlot:
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        url = client.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self.bucket, "Key": key, "ContentLength": size, "ContentType": content_type,
                "ChecksumSHA256": checksum, "IfNoneMatch": "*",
            },
            ExpiresIn=seconds,
        )  # fmt: skip
        # Content-Length is signed too, and sent by every browser by itself
        headers = {"Content-Type": content_type, "If-None-Match": "*", "x-amz-checksum-sha256": checksum}
        return UploadSlot(url=url, method="PUT", headers=headers)

    def _named(self, key: str, version_id: str | None) -> Any:
        return {"Bucket": self.bucket, "Key": key} | ({"VersionId": version_id} if version_id else {})

    def _make_bucket(self) -> None:
        try:
            self._server.head_bucket(Bucket=self.bucket)
        except ClientError as error:
            if _status(error) != 404:
                raise
            # somebody may have made it between the two calls: web and worker start together
            with suppress(self._server.exceptions.BucketAlreadyOwnedByYou):
                self._server.create_bucket(Bucket=self.bucket)

    def _refused_settings(self) -> Iterator[str]:
        """Set what the bucket needs, and say what could not be set."""
        try:
            self._server.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        except ClientError as error:
            yield f"versions cannot be switched on for the bucket “{self.bucket}” ({error})"
        try:
            self._server.put_bucket_cors(
                Bucket=self.bucket,
                CORSConfiguration={
                    "CORSRules": [{
                        "AllowedOrigins": [self.origin], "AllowedMethods": ["PUT", "GET", "HEAD", "POST"],
                        "AllowedHeaders": ["*"], "ExposeHeaders": SEEN_BY_SCRIPTS, "MaxAgeSeconds": 600,
                    }]
                },
            )  # fmt: skip
        except ClientError as error:
            yield f"browsers at {self.origin} cannot be allowed to send files to it: no CORS rules ({error})"
        # Tidiness only: a store without lifecycles keeps parts of uploads that were given up.
        with suppress(ClientError):
            rule: Any = {
                "ID": "abandoned", "Status": "Enabled", "Filter": {"Prefix": ""},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABANDONED_DAYS},
            }  # fmt: skip
            self._server.put_bucket_lifecycle_configuration(
                Bucket=self.bucket, LifecycleConfiguration={"Rules": [rule]}
            )

    def _tried(self) -> Iterator[str]:
        """Send a small file as a browser would, and wrong ones that must be refused."""
        key, content = f"checks/{uuid4().hex}", b"%PDF- charrette tries its store"
        slot = self._slot(self._server, key, len(content), hashlib.sha256(content).hexdigest(), "application/pdf", 60)
        versions = []
        try:
            if _put(slot, content[::-1]) < 400:
                yield "it takes a file whose SHA-256 is not the announced one"
            elif (status := _put(slot, content)) >= 300:
                yield f"it refuses a signed PUT with SHA-256 and If-None-Match (status {status})"
                return
            if _put(slot, content) < 400:
                yield "it takes a second file under a name that is taken: it ignores If-None-Match"
            first = self.look(key)
            if first is None or not first.version_id or first.version_id == "null":
                yield "it gives no version id: versions do not work"
                return
            versions.append(first.version_id)
            second = self.write(key, b"another", "application/pdf")
            versions.append(second.version_id)
            kept = self.look(key, first.version_id)
            if kept is None or kept.beginning != content:
                yield "it does not keep the older version of a file that is written again"
            if (
                self._server.get_object(**self._named(key, first.version_id), Range="bytes=6-14")["Body"].read()
                != content[6:15]
            ):
                yield "it cannot give a part of a file: it ignores Range"
        finally:
            for version_id in versions:
                self._server.delete_object(Bucket=self.bucket, Key=key, VersionId=version_id)


def disposition(file_name: str, inline: bool = False) -> str:
    """Content-Disposition for any name: plain ASCII for old programs, RFC 6266 `filename*` for the others."""
    name = "".join(char if char.isprintable() else "_" for char in file_name) or "file"
    plain = "".join(char if char.isascii() and char not in '"\\%' else "_" for char in name)
    how = "inline" if inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name.encode(errors='replace'), safe='')}"


def _client(settings: Settings, endpoint: str) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=1,
            read_timeout=2,
            retries={"total_max_attempts": 2, "mode": "standard"},
            max_pool_connections=32,
            # boto3 would add CRC32 to everything, which not every store knows; we name SHA-256 where we want it
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except (NotConnected, HTTPClientError, IncompleteReadError, urllib3.exceptions.HTTPError) as error:
        raise StoreAway(error) from error
    except ClientError as error:
        if _status(error) >= 500 or _status(error) == 429:
            raise StoreAway(error) from error
        raise


def _stored(key: str, found: Mapping[str, Any], size: int, beginning: bytes) -> StoredFile:
    return StoredFile(
        key=key, version_id=found.get("VersionId", ""), size=size, etag=found["ETag"].strip('"'),
        arrived_at=found["LastModified"], beginning=beginning,
    )  # fmt: skip


def _is_absent(error: ClientError) -> bool:
    # a made-up version id is "not there" as well, whatever the store calls it
    return _status(error) == 404 or error.response["Error"]["Code"] in ("NoSuchVersion", "InvalidArgument")


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


def _checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _put(slot: UploadSlot, content: bytes) -> int:
    return urllib3.request(
        slot.method, slot.url, body=content, headers=dict(slot.headers), timeout=2, retries=False
    ).status
