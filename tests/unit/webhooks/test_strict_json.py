"""What the standard json would let through."""

import contextlib
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from so_privacy_ext.webhooks import strict_json


@pytest.mark.row("B29")
@pytest.mark.parametrize(
    "body", [b"", b" ", b"nope", b'{"a":1', b'{"a":1}x', b'{"a":1}{"a":1}', b"{'a':1}", b'{"a":1,}']
)
def test_not_one_document(body: Any) -> None:
    with pytest.raises(strict_json.BadJsonError):
        strict_json.read(body)


@pytest.mark.row("B30")
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
        b"[" + b"[]," * 80_000 + b"[]]",
    ],
    ids=["open", "closed", "objects", "wide"],
)
def test_depth_is_bounded(body: Any) -> None:
    with pytest.raises(strict_json.BadJsonError):
        strict_json.read(body)


@pytest.mark.row("B30")
@pytest.mark.parametrize(
    "body",
    [
        b"{" + b",".join(b'"%d":1' % number for number in range(20_000)) + b"}",
        b'{"a":"' + b"x" * 200_000 + b'"}',
        b"[" * 200_000,
    ],
    ids=["many keys", "long string", "deep"],
)
def test_a_large_body_costs_little(body: Any) -> None:
    best = 1.0
    for _ in range(5):
        began = time.thread_time()
        with contextlib.suppress(strict_json.BadJsonError):
            strict_json.read(body)
        best = min(best, time.thread_time() - began)

    assert best <= 0.05


@pytest.mark.row("B31")
@pytest.mark.parametrize("body", [b'{"a":1,"a":1}', b'{"b":{"a":1,"a":2}}', b'{"a":1,"\\u0061":2}'])
def test_duplicate_keys(body: Any) -> None:
    with pytest.raises(strict_json.DuplicateKeyError):
        strict_json.read(body)


@pytest.mark.row("B32")
@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b"-Infinity", b"1e400", b"-1e400", b"9" * 5000])
def test_numbers_that_are_none(body: Any) -> None:
    with pytest.raises(strict_json.BadJsonError):
        strict_json.read(body)


def test_an_ordinary_fraction() -> None:
    assert strict_json.read(b'{"a":1.5}') == {"a": 1.5}


@pytest.mark.row("B33")
@pytest.mark.parametrize(
    "body",
    [
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-16-le"),
        '{"a":1}'.encode("utf-32"),
        b'\xef\xbb\xbf\xef\xbb\xbf{"a":1}',
        b'{"a":"\xff\xfe"}',
        b'{"a":"\xc0\xaf"}',
        b'{"a":"\xed\xa0\x80"}',
    ],
    ids=["utf-16", "utf-16-le", "utf-32", "two marks", "invalid", "overlong", "surrogate"],
)
def test_other_encodings(body: Any) -> None:
    with pytest.raises(strict_json.BadJsonError):
        strict_json.read(body)


@pytest.mark.row("B33")
def test_one_byte_order_mark() -> None:
    assert strict_json.read(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


def test_a_stack_that_is_nearly_full() -> None:
    def deeper() -> None:
        try:
            deeper()
        except RecursionError:
            strict_json.read(b"[" * 150 + b"]" * 150)

    with pytest.raises((strict_json.BadJsonError, RecursionError)):
        deeper()


@settings(deadline=None)  # a busy machine is no finding
@given(
    st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_only_its_own_errors(body: Any) -> None:
    with contextlib.suppress(strict_json.BadJsonError, strict_json.DuplicateKeyError):
        strict_json.read(body)
