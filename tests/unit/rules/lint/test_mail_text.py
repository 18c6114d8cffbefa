"""What a reader sees of a mail, and where its links lead."""

from so_privacy_ext.rules.lint.mail_text import mail_text


def test_of_html_what_is_shown() -> None:
    read = mail_text(
        "<head><title>no</title></head><style>no</style><p>One<br>two &amp; <b>three</b></p>"
        "<script>no</script></script><a href='https://example.com/a'>four</a><a href>five</a>",
        html=True,
    )

    assert read.text == "One two & three four five"
    assert read.links == ("https://example.com/a",)


def test_of_a_plain_text_all_of_it() -> None:
    read = mail_text("One  two\nthree (https://example.com/a?b=c), <https://example.com/d>\n", html=False)

    assert read.text == "One two three (https://example.com/a?b=c), <https://example.com/d>"
    assert read.links == ("https://example.com/a?b=c", "https://example.com/d")


def test_a_change_is_seen_by_its_digest_and_layout_is_none() -> None:
    one = mail_text("One two", html=False)

    assert (
        one.digest
        == mail_text("One\n  two\n", html=False).digest
        == mail_text("<p>One two</p>", html=True).digest
    )
    assert one.digest != mail_text("One three", html=False).digest
    assert one.digest != mail_text("One two<a href='https://example.com'></a>", html=True).digest
