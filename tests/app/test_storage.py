"""The store, asked as a browser asks it: SeaweedFS itself, through presigned URLs."""

import socket
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import httpx
import pytest

from app.settings import Settings
from app.storage import FileLost, Store, StoreAway, StoreUnfit, disposition
from challenges.files import FileStore
from tests.servers import Seaweed, free_ports

pytestmark = pytest.mark.slow

PDF = "application/pdf"
DESIGN = b"%PDF-1.7 a design\n" * 200
ORIGIN = "http://charrette.test:8000"
ODD_NAMES = [
    "design.pdf", "Entwurf für Größe.pdf", "設計 第一.pdf", 'a "quoted" \\ name; x=y.pdf', "100%.pdf", "a,b'c.pdf", "",
    "new\r\nline: x.pdf", "\u202efdp.exe.pdf", "🏛️.pdf", "../../etc/passwd.pdf", "<script>x</script>.pdf", "\ud800.pdf",
]  # fmt: skip


def store_at(endpoint: str, folder: Path, seaweed: Seaweed | None = None, **over: Any) -> Store:
    return Store(
        Settings(
            _env_file=None, data_dir=folder, secret="s" * 32, url=ORIGIN, s3_endpoint=endpoint,  # type: ignore[call-arg, arg-type]
            s3_access_key=seaweed.access_key if seaweed else "k", s3_secret_key=seaweed.secret_key if seaweed else "s",  # type: ignore[arg-type]
            smtp_host="127.0.0.1", mail_from="charrette@example.org",
            **over,
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = store_at(
        seaweed.endpoint, tmp_path_factory.mktemp("store"), seaweed, s3_bucket=f"storage-{uuid4().hex[:12]}"
    )
    store.prepare()
    return store


@pytest.fixture
def key() -> str:
    return f"submissions/{uuid4()}/{uuid4()}"


def slot_for(store: Store, key: str, content: bytes = DESIGN, **over: Any) -> Any:
    return store.upload_slot(key, len(content), sha256(content).hexdigest(), PDF, **over)


def put(slot: Any, content: bytes, **headers: str) -> httpx.Response:
    return httpx.request(slot.method, slot.url, content=content, headers={**slot.headers, **headers})


def upload(store: Store, key: str, content: bytes = DESIGN) -> Any:
    assert put(slot_for(store, key, content), content).status_code == 200
    stored = store.look(key)
    assert stored
    return stored


def submit(form: Any, content: bytes, name: str = "design.pdf", **fields: str) -> httpx.Response:
    return httpx.post(form.url, data={**form.fields, **fields}, files={"file": (name, content, PDF)})


def test_it_is_what_the_domain_asks_for(store: Store) -> None:
    assert isinstance(store, FileStore)
    assert store.answers()


def test_preparing_twice_prepares_once(store: Store) -> None:
    store.prepare()


def test_a_browser_sends_exactly_the_announced_file(store: Store, key: str) -> None:
    assert put(slot_for(store, key), DESIGN).status_code == 200
    stored = store.look(key)
    assert stored
    assert (stored.key, stored.size, stored.beginning) == (key, len(DESIGN), DESIGN[:1024])
    assert (stored.version_id, stored.etag) != ("", "")
    assert abs(stored.arrived_at.timestamp() - time.time()) < 5
    assert b"".join(store.read(key, stored.version_id)) == DESIGN


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (DESIGN[:-1] + b"x", {}, 400),
        (DESIGN + b"x", {}, 403),
        (DESIGN, {"Content-Type": "text/html"}, 403),
        (DESIGN, {"If-None-Match": ""}, 403),
        (DESIGN, {"x-amz-checksum-sha256": "AAAA"}, 403),
    ],
    ids=["another file", "a longer file", "another type", "may overwrite", "another check sum"],
)
def test_nothing_else_can_be_sent(store: Store, key: str, content: bytes, headers: dict[str, str], status: int) -> None:
    assert put(slot_for(store, key), content, **headers).status_code == status
    assert store.look(key) is None


def test_a_slot_takes_one_file_once(store: Store, key: str) -> None:
    slot = slot_for(store, key)
    first = upload(store, key)
    assert put(slot, DESIGN).status_code == 412
    assert store.look(key) == first


def test_an_old_slot_is_refused(store: Store, key: str) -> None:
    slot = slot_for(store, key, seconds=1)
    time.sleep(2.1)
    assert put(slot, DESIGN).status_code == 403


def test_two_browsers_at_once_leave_one_file(store: Store, key: str) -> None:
    slots = [(slot_for(store, key, content), content) for content in (b"%PDF-1", b"%PDF-2", b"%PDF-3", b"%PDF-4")]
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda slot=slot, content=content: statuses.append(put(slot, content).status_code))
        for slot, content in slots
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses)[0] == 200
    assert set(statuses) <= {200, 409, 412}
    assert statuses.count(200) == 1


def test_the_page_of_our_origin_may_send_and_read_and_no_other(store: Store, key: str) -> None:
    def asks(origin: str) -> httpx.Response:
        wanted = {
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-type,if-none-match",
        }
        return httpx.options(slot_for(store, key).url, headers={"Origin": origin, **wanted})

    assert asks(ORIGIN).headers["access-control-allow-origin"] == ORIGIN
    assert asks("https://evil.example").status_code == 403
    stored = upload(store, key)
    url = store.reading_url(key, stored.version_id, "design.pdf", PDF, inline=True)
    part = httpx.get(url, headers={"Origin": ORIGIN, "Range": "bytes=0-8"})
    assert (part.status_code, part.content) == (206, DESIGN[:9])
    exposed = {name.strip().lower() for name in part.headers["access-control-expose-headers"].split(",")}
    assert {"accept-ranges", "content-range", "content-length", "etag"} <= exposed


def test_a_form_without_scripts_comes_back_to_us(store: Store, key: str) -> None:
    form = store.form_slot(key, 5000, PDF, f"{ORIGIN}/uploads/7/arrived")
    answer = submit(form, DESIGN, 'Größe "x" 設計.pdf')
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{ORIGIN}/uploads/7/arrived?")
    stored = store.look(key)
    assert stored
    assert (stored.size, stored.beginning) == (len(DESIGN), DESIGN[:1024])


def test_the_redirect_of_a_form_loses_its_own_query(store: Store, key: str) -> None:
    """What SeaweedFS does, and why `redirect` must say everything in its path."""
    answer = submit(store.form_slot(key, 5000, PDF, f"{ORIGIN}/arrived?upload=7"), DESIGN)
    assert set(parse_qs(urlsplit(answer.headers["location"]).query)) == {"bucket", "key", "etag"}


@pytest.mark.parametrize(
    ("content", "fields", "status"),
    [
        (b"x" * 5001, {}, 400),
        (b"", {}, 400),
        (DESIGN, {"Content-Type": "text/html"}, 403),
        (DESIGN, {"key": "packets/somebody-elses.pdf"}, 403),
        (DESIGN, {"success_action_redirect": "https://evil.example/"}, 403),
    ],
    ids=["too large", "empty", "another type", "another key", "elsewhere"],
)
def test_a_form_takes_nothing_else(store: Store, key: str, content: bytes, fields: dict[str, str], status: int) -> None:
    assert submit(store.form_slot(key, 5000, PDF, f"{ORIGIN}/back"), content, **fields).status_code == status
    assert store.look(key) is None


def test_an_old_form_is_refused(store: Store, key: str) -> None:
    form = store.form_slot(key, 5000, PDF, f"{ORIGIN}/back", seconds=1)
    time.sleep(2.1)
    assert submit(form, DESIGN).status_code == 403


def test_a_form_sent_twice_keeps_both_versions(store: Store, key: str) -> None:
    form = store.form_slot(key, 5000, PDF, f"{ORIGIN}/back")
    submit(form, b"%PDF-1 first")
    first = store.look(key)
    submit(form, b"%PDF-1 second, longer")
    second = store.look(key)
    assert first
    assert second
    assert first.version_id != second.version_id
    assert store.look(key, first.version_id) == first
    assert b"".join(store.read(key, first.version_id)) == b"%PDF-1 first"


def test_looking_for_what_is_not_there(store: Store, key: str) -> None:
    assert store.look(key) is None
    stored = upload(store, key)
    assert store.look(key, stored.version_id[::-1]) is None
    with pytest.raises(FileLost):
        next(store.read(key, stored.version_id[::-1]))


@pytest.mark.parametrize("size", [1, 1023, 1024, 1025, 5_000_000])
def test_files_of_every_size(store: Store, key: str, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    stored = upload(store, key, content[:size])
    assert (stored.size, stored.beginning) == (size, content[: min(size, 1024)])
    digest = sha256()
    for piece in store.read(key, stored.version_id):
        assert len(piece) <= 1 << 20
        digest.update(piece)
    assert digest.hexdigest() == sha256(content[:size]).hexdigest()


def test_an_empty_file_is_seen_as_empty(store: Store, key: str) -> None:
    stored = store.write(key, b"", PDF)
    assert (stored.size, stored.beginning) == (0, b"")


def test_writing_again_makes_a_version_and_every_version_stays(store: Store, key: str) -> None:
    first, second = store.write(key, b"one", PDF), store.write(key, b"two", PDF)
    assert store.look(key) == second
    assert store.look(key, first.version_id) == first


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("inline", [False, True])
def test_a_file_comes_back_under_its_own_name(store: Store, key: str, name: str, inline: bool) -> None:
    stored = upload(store, key)
    url = store.reading_url(key, stored.version_id, name, PDF, inline=inline)
    answer = httpx.get(url)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, DESIGN, PDF)
    said = answer.headers["content-disposition"]
    assert said == disposition(name, inline)
    assert said.startswith("inline; " if inline else "attachment; ")
    printable = "".join(char if char.isprintable() else "_" for char in name).replace("\ud800", "_") or "file"
    assert unquote(said.partition("filename*=UTF-8''")[2]) == printable


def test_a_reading_url_names_its_version_and_dies(store: Store, key: str) -> None:
    first = upload(store, key)
    store.write(key, b"something else", PDF)
    url = store.reading_url(key, first.version_id, "a.pdf", PDF, inline=False, seconds=1)
    assert httpx.get(url).content == DESIGN
    assert httpx.get(url.replace(first.version_id, first.version_id[::-1])).status_code == 403
    time.sleep(2.1)
    assert httpx.get(url).status_code == 403


def test_urls_for_browsers_carry_the_public_address(seaweed: Seaweed, tmp_path: Path) -> None:
    store = store_at(seaweed.endpoint, tmp_path, seaweed, s3_public_endpoint="https://files.example.org")
    reading = store.reading_url("k", "v", "n", PDF, inline=False)
    urls = [slot_for(store, "k").url, store.form_slot("k", 1, PDF, ORIGIN).url, reading]
    assert {urlsplit(url).netloc for url in urls} == {"files.example.org"}


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_store_that_is_away_says_so_soon(tmp_path: Path, silent: str) -> None:
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    for endpoint, most in ((nobody, 1.5), (silent, 6.0)):
        store = store_at(endpoint, tmp_path)
        began = time.monotonic()
        with pytest.raises(StoreAway, match="does not answer"):
            store.look("a")
        assert time.monotonic() - began < most
        assert not store.answers()
    for call in (lambda: store_at(nobody, tmp_path).write("a", b"b", PDF), store_at(nobody, tmp_path).prepare):
        with pytest.raises(StoreAway):
            call()
    with pytest.raises(StoreAway):
        next(store_at(nobody, tmp_path).read("a", "v"))


def test_wrong_keys_are_no_outage(seaweed: Seaweed, tmp_path: Path) -> None:
    store = store_at(seaweed.endpoint, tmp_path)
    assert not store.answers()
    with pytest.raises(StoreUnfit, match="access key"):
        store.prepare()
