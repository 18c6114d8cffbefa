"""A manifest's way in: uploaded, shown with its errors in place, mended, checked, activated."""

import base64
import gzip
import hashlib
import io
import re
import tempfile
import zipfile
from pathlib import Path

import pytest
import requests

from so_privacy_ext.rules.findings import Finding
from so_privacy_ext.storage import manifests
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.web.console.manifest_text import lines
from so_privacy_ext.web.console.text_diff import changes
from tests.unit.web.console.house import FIRST, MANIFEST, House, Visitor

GOOD = MANIFEST.read_bytes()
BECAUSE = b"Contact at a trading partner; bookkeeping duty; e-mail not collected from the person."
Home = tuple[TenantSummary, Visitor]


@pytest.fixture(scope="module")
def home(house: House) -> Home:
    tenant = house.add(FIRST)
    return tenant, house.sign_in(tenant)


def upload(admin: Visitor, content: bytes) -> requests.Response:
    return admin.post("/configure/manifest/check", files={"file": ("../odd\r\n.yaml", content)})


def activate(admin: Visitor, content: str, **more: str) -> requests.Response:
    return admin.post("/configure/manifest/activate", {"content": content, "reason": "why not", **more})


def carried(page: requests.Response) -> str:
    found = re.search(r'name="content" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def active(house: House, home: Home) -> tuple[bytes, str] | None:
    with house.app.session(home[0]) as session:
        return manifests.active(session)


def test_errors_are_shown_in_their_place(house: House, home: Home) -> None:
    bad = GOOD.replace(b"give: none", b"giv: none", 1).replace(b"article: 13", b"article: 15", 1)
    page = upload(home[1], bad)

    assert page.status_code == 422
    assert "3 things must be mended" in page.text
    place = re.search(
        r"article: 15.*?Line 14, column (\d+):</strong>.*?<span lang=\"en\">([^<]*)", page.text, re.DOTALL
    )
    assert place is not None
    assert "allowed: 13, 14" in place[2]
    assert "did you mean `give`?" in page.text
    mended = page.text.partition("<textarea")[2].partition(">\n")[2].partition("</textarea>")[0]
    assert "article: 15" in mended
    assert active(house, home) is None


def test_what_the_tenant_lacks_is_shown_in_its_place_too(house: House, home: Home) -> None:
    page = upload(home[1], GOOD.replace(b"privacy-notice-13", b"no-such-template", 1))

    assert page.status_code == 422
    assert "no-such-template" in page.text
    assert re.search(r'class="line marked"><span class="number">\d+</span><code> *notice13', page.text)
    assert active(house, home) is None


def test_a_text_is_mended_on_the_page_checked_and_activated(house: House, home: Home) -> None:
    tenant, admin = home
    text = GOOD.decode().replace("\n", "\r\n")  # as a browser sends a text
    checked = admin.post("/configure/manifest/check", {"text": text})
    assert checked.status_code == 200
    assert "It is right in itself" in checked.text
    assert active(house, home) is None
    done = activate(admin, carried(checked), tell_from="2026-11-01")

    assert (done.status_code, done.headers["location"]) == (303, "/configure/manifest?done=activated")
    assert active(house, home) == (GOOD, hashlib.sha256(GOOD).hexdigest())
    with house.app.session(tenant) as session:
        assert [one.who for one in manifests.listed(session)] == ["associate 7"]
    (told,) = house.rows(
        "SELECT tell_from::date::text FROM so_privacy.tenant WHERE context_identifier = 'Cust12345'"
    )
    assert told == ("2026-11-01",)
    page = admin.get("/configure/manifest").text
    assert "SuperOffice user 7" in page
    assert "nordic-b2b-default" in page
    file = admin.get("/configure/manifest/file")
    assert file.content == GOOD
    assert file.headers["content-disposition"] == 'attachment; filename="manifest.yaml"'


def test_the_same_again_is_said_and_a_new_one_follows(house: House, home: Home) -> None:
    admin = home[1]
    activate(admin, carried(upload(admin, GOOD)))
    assert "It decides already, exactly as it is." in upload(admin, GOOD).text
    other = upload(admin, GOOD + b"# another\n")
    assert "If you activate it" in other.text
    assert activate(admin, carried(other)).status_code == 303

    page = admin.get("/configure/manifest").text
    assert "Decided before" in page
    standing = active(house, home)
    assert standing is not None
    assert standing[0].endswith(b"# another\n")


def test_what_is_activated_is_checked_again(house: House, home: Home) -> None:
    admin = home[1]
    before = active(house, home)
    for bad in (GOOD.replace(b"give: none", b"giv: none", 1), b"\xff", b""):
        content = base64.urlsafe_b64encode(bad).decode()
        assert activate(admin, content).status_code == 422
    for odd in ("%", "é", "a"):
        assert admin.post("/configure/manifest/activate", {"content": odd}).status_code == 400
    assert admin.post("/configure/manifest/activate").status_code == 400
    good = base64.urlsafe_b64encode(GOOD).decode()
    for day in ("yesterday", "2026-13-01", "0"):
        assert activate(admin, good, tell_from=day).status_code == 400

    assert active(house, home) == before


@pytest.mark.parametrize(
    "content",
    [
        b"\x00",
        b"\xff\xfe" + "manifest: 1".encode("utf-16-le"),
        b"a: b: c",
        b"<script>alert(1)</script>",
        b"manifest: 1\r\n",
        b"x" * (256 * 1024 + 1),
        b"manifest: 1\n" * 3000,
        b"- " * 20000,
    ],
)
def test_any_file_whatever_gets_a_page(home: Home, content: bytes) -> None:
    page = upload(home[1], content)

    assert page.status_code == 422
    assert "<script" not in page.text


def zipped(content: bytes, name: str = "rules.yaml", *, link: bool = False) -> bytes:
    """Give an archive with one file, or with a link to where the content says."""
    archive, info = io.BytesIO(), zipfile.ZipInfo(name)
    info.external_attr = (0o120777 if link else 0o100644) << 16
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr(info, content)
    return archive.getvalue()


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder in which temporary files would lie."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.mark.row("B91")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bomb.zip", zipped(b"\0" * 50_000_000)),
        ("rules.yaml", gzip.compress(GOOD, mtime=0)),
        ("link.zip", zipped(b"/etc/passwd", link=True)),
        ("slip.zip", zipped(GOOD, "../../../rules.yaml")),
        ("CON", b"CON"),
        ("../../etc/cron.d/x", b"* * * * * root true"),
        ("rules.csv", b'=HYPERLINK("http://example.com")\n+1\n@SUM(1)\n'),
        ("rules.yaml", EICAR),
        ("rules.yaml.exe", b"MZ\x90\0"),
        ("rules.pdf", b"%PDF-1.7"),
        ("rules.yaml", b"\n"),
    ],
    ids=(
        "bomb",
        "packed",
        "link",
        "way out",
        "device",
        "path",
        "formulas",
        "virus",
        "program",
        "pdf",
        "empty",
    ),
)
def test_a_file_of_another_kind_is_a_page_that_says_so_and_leaves_nothing_behind(
    *, house: House, home: Home, nowhere: Path, name: str, content: bytes
) -> None:
    """Whatever it is called, its bytes are read as a manifest, never unpacked or put anywhere."""
    before = active(house, home)
    page = home[1].post("/configure/manifest/check", files={"file": (name, content)})

    assert page.status_code in {413, 422}
    assert list(nowhere.iterdir()) == []
    assert active(house, home) == before


@pytest.mark.row("B91")
def test_an_empty_file_is_told_as_one(home: Home) -> None:
    page = upload(home[1], b"")

    assert page.status_code == 422
    assert "the file holds nothing" in page.text


@pytest.mark.row("F57")
def test_what_is_wrong_lost_or_taken_back_never_takes_the_place_of_what_decides(
    house: House, home: Home
) -> None:
    """The bytes that decide are kept with the tenant; their file does not matter any more."""
    admin = home[1]
    other = GOOD + b"# a next version\n"
    activate(admin, carried(upload(admin, other)))
    standing = active(house, home)
    for wrong in (
        b"manifest: 1\n",
        other.replace(b"61F", b"61X"),
        other.replace(b"privacy-notice-13", b"gone"),
    ):
        content = base64.urlsafe_b64encode(wrong).decode()
        assert activate(admin, content).status_code == 422
        assert active(house, home) == standing

    activate(admin, carried(upload(admin, GOOD)))
    assert active(house, home) != standing


def test_one_file_or_one_text(home: Home) -> None:
    path = "/configure/manifest/check"

    for fields in (None, {"text": ""}):
        page = home[1].post(path, fields)
        assert page.status_code == 422
        assert "the file holds nothing" in page.text
    assert home[1].post(path, {"text": "x"}, files={"file": ("a", b"x")}).status_code == 422


def test_a_manifest_of_full_size_goes_through_both_steps(home: Home) -> None:
    filler = b"# " + b"x" * 98 + b"\n"
    content = GOOD + filler * ((256 * 1024 - len(GOOD)) // len(filler))
    page = upload(home[1], content)

    assert page.status_code == 200
    assert activate(home[1], carried(page)).status_code == 303
    assert home[1].post("/configure/manifest/check", {"text": content.decode()}).status_code == 200


def test_of_a_long_text_what_stands_around_its_errors_is_shown() -> None:
    text = "\n".join(f"line {number}" for number in range(1, 1001))
    findings = (Finding(500, 1, "x", "a", "b"), Finding(5000, 1, "x", "c", "d"))
    shown = list(lines(text, findings))

    assert [one.number for one in shown] == [*range(497, 504), *range(997, 1001)]
    assert [one.number for one in shown if one.gap] == [497, 997]
    assert {one.number: one.findings for one in shown if one.findings} == {
        500: findings[:1],
        1000: findings[1:],
    }
    assert [one.gap for one in lines("a\nb", ())] == [False, False]


@pytest.mark.row("B83")
def test_what_breaks_a_law_is_shown_in_its_place_and_decides_nothing(house: House, home: Home) -> None:
    before = active(house, home)
    bad = GOOD.replace(b'packs: [DK, "NO",', b"packs: [DK, NO,")
    page = upload(home[1], bad)

    assert page.status_code == 422
    assert "is a text to us" in page.text
    done = activate(home[1], base64.urlsafe_b64encode(bad).decode(), tell_from="")
    assert done.status_code == 422
    assert active(house, home) == before


def test_an_activation_needs_a_reason_which_is_kept(house: House, home: Home) -> None:
    tenant, admin = home
    before = active(house, home)
    content = carried(upload(admin, GOOD + b"# why\n"))
    for reason in ("", "  ", "x" * 501):
        page = activate(admin, content, reason=reason, tell_from="2026-11-02")
        assert page.status_code == 422
        assert "Give a reason of at most 500 characters." in page.text
        assert carried(page) == content
        assert 'value="2026-11-02"' in page.text
    assert active(house, home) == before

    assert activate(admin, content, reason="The DPO asked for it.").status_code == 303
    assert "The DPO asked for it." in admin.get("/configure/manifest").text
    (entry,) = house.rows(
        "SELECT content ->> 'reason' FROM so_privacy.journal WHERE tenant_id = %(t)s"
        " ORDER BY seq DESC LIMIT 1",
        {"t": tenant.tenant_id},
    )
    assert entry == ("The DPO asked for it.",)


def test_each_version_says_who_why_and_what_differs_from_the_one_before(house: House, home: Home) -> None:
    admin = home[1]
    for text in (GOOD, GOOD.replace(b"EVENTRUN: review", b"EVENTRUN: deny", 1)):
        assert activate(admin, base64.urlsafe_b64encode(text).decode(), reason="try it").status_code == 303
    found = re.findall(r"/configure/manifest/versions/\d+", admin.get("/configure/manifest").text)
    page = admin.get(found[0]).text

    assert re.search(r'line went"><span class="number">\d+</span>.*?EVENTRUN: review', page)
    assert re.search(r'line came"><span class="number">\d+</span>.*?EVENTRUN: deny', page)
    assert "try it" in page
    assert "SuperOffice user 7" in page
    assert "It was the first one." in admin.get(found[-1]).text
    assert admin.get("/configure/manifest/versions/x").status_code == 404


def test_the_text_is_changed_on_the_page_beside_numbers(house: House, home: Home) -> None:
    admin = home[1]
    activate(admin, base64.urlsafe_b64encode(GOOD).decode())
    page = admin.get("/configure/manifest/edit").text
    lines = GOOD.count(b"\n")

    assert f'rows="{lines + 12}"' in page
    assert f"\n{lines}\n" in page.partition('<div class="editor">')[2].partition("</pre>")[0]
    assert "nordic-b2b-default" in page.partition("<textarea")[2]
    assert house.sign_in(house.add("Cust45001")).get("/configure/manifest/edit").status_code == 404


def test_what_is_to_be_looked_at_is_shown_with_its_law(home: Home) -> None:
    copied = GOOD.replace(
        b"Needed to run the event signed up for; invitations to others are EVENTINVITE.", BECAUSE
    )
    page = upload(home[1], copied)

    assert page.status_code == 200
    assert re.search(r"\d+ things? to look at", page.text)
    assert re.search(r'warning <code>L36</code></span> <span lang="en">', page.text)
    assert "What it rests on" in page.text


def test_a_comparison_shows_what_stands_around_and_leaves_the_rest_out() -> None:
    old = [f"line {number}" for number in range(1, 31)]
    new = [*old[:9], "other", *old[10:24], *old[25:], "more"]
    shown = list(changes("\n".join(old), "\n".join(new)))

    assert [(one.kind, one.number, one.text) for one in shown if one.kind != "same"] == [
        ("went", 10, "line 10"),
        ("came", 10, "other"),
        ("went", 25, "line 25"),
        ("came", 30, "more"),
    ]
    assert [one.number for one in shown if one.gap] == [7, 22]
    assert list(changes("a\nb", "a\nb")) == []
