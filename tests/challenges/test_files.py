"""Files: names without folders, check sums, and content that is what its name says."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from challenges.files import PDF, ZIP, StoredFile, clean_file_name, clean_sha256, is_of_kind, kind_called
from challenges.refusals import Refusal
from tests.makers import NOW, digest_of
from tests.refused import outcome, refused

HTML = b"<!doctype html><script>alert(1)</script>"


def stored(beginning: bytes) -> StoredFile:
    return StoredFile("k", "v", 10, "e", NOW, beginning)


def test_a_kind_is_one_of_the_list() -> None:
    assert [kind_called(code) for code in ("pdf", "zip")] == [PDF, ZIP]
    with refused("Choose a kind of file from the list.", "deliverables-2-kind"):
        kind_called("exe", field="deliverables-2-kind")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("design.pdf", "design.pdf"), ("C:\\Users\\ben\\My Design.PDF", "My Design.PDF"),
        ("../../etc/design.pdf", "design.pdf"), ("design.pdf/", "design.pdf"),
        ("a\r\nb\x00.pdf", "a b .pdf"), ("冬.pdf", "冬.pdf"),
        ("x" * 196 + ".pdf", "x" * 196 + ".pdf"),
    ],
)  # fmt: skip
def test_a_file_keeps_its_own_name(typed: str, name: str) -> None:
    assert clean_file_name(typed, PDF) == name


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("design.docx", "“design.docx” is not a PDF document: its name does not end in .pdf."),
        ("design.pdf.exe", "“design.pdf.exe” is not a PDF document: its name does not end in .pdf."),
        ("", "Please write a name."),
        ("x" * 197 + ".pdf", "That is longer than 200 characters."),
    ],
)
def test_a_name_that_is_none_or_of_another_kind_is_refused(typed: str, sentence: str) -> None:
    with refused(sentence, "file"):
        clean_file_name(typed, PDF)


@given(some.text(max_size=60))
def test_no_name_leads_out_of_its_folder(text: str) -> None:
    name = outcome(lambda: clean_file_name(f"{text}.pdf", PDF))
    if isinstance(name, Refusal):
        assert name.field == "file"
    else:
        assert ("/" in name, "\\" in name, name.isprintable()) == (False, False, True)


def test_a_check_sum_is_64_small_hex_digits() -> None:
    assert clean_sha256(digest_of(b"x")) == digest_of(b"x")
    for text in ("", digest_of(b"x").upper(), digest_of(b"x")[:-1], digest_of(b"x") + "\n", "g" * 64):
        with refused("The check sum of the file is missing or wrong. Choose the file again.", "file"):
            clean_sha256(text)


@pytest.mark.parametrize("beginning", [b"%PDF-1.7\n", b"\xef\xbb\xbf%PDF-2.0", b"\r\n \t%PDF-1.4"])
def test_a_pdf_begins_as_one(beginning: bytes) -> None:
    assert (is_of_kind(stored(beginning), PDF), is_of_kind(stored(beginning), ZIP)) == (True, False)


@pytest.mark.parametrize("beginning", [b"PK\x03\x04", b"PK\x05\x06"])
def test_a_zip_begins_as_one(beginning: bytes) -> None:
    assert (is_of_kind(stored(beginning), ZIP), is_of_kind(stored(beginning), PDF)) == (True, False)


@pytest.mark.parametrize("beginning", [b"", b"%PD", b"PK", HTML, b"MZ%PDF-1.7", HTML + b"%PDF-1.7"])
def test_anything_else_is_neither(beginning: bytes) -> None:
    assert (is_of_kind(stored(beginning), PDF), is_of_kind(stored(beginning), ZIP)) == (False, False)
