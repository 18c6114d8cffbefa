"""What an operator gives: settings, key files, a database, words. Each mistake is one clear line."""

import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest

from so_sandbox import credentials as files
from so_sandbox.login.site import Site
from tests.acceptance.installed import Place, Running, command, hearing_ctrl_c, until
from tests.conftest import TestServer

PASSWORD = "correct-horse-battery"


@pytest.fixture
def app(place: Place) -> Place:
    """A place with the files that make us the app."""
    files.write(
        place.folder / "app", files.new_credentials(), Site("http", "127.0.0.1", "", "http://127.0.0.1")
    )
    place.environment |= {
        "SO_PRIVACY_APPLICATION_TOKEN_FILE": str(place.folder / "app" / "application_token"),
        "SO_PRIVACY_PRIVATE_KEY_FILE": str(place.folder / "app" / "private_key.pem"),
        "SO_PRIVACY_BIND": "127.0.0.1:1",
    }
    return place


def _rules_loaded(postgres: TestServer) -> object:
    """Tell when what a new connection is judged by was loaded, which the server does in its own time."""
    with psycopg.connect(postgres.admin) as connection:
        return connection.execute("SELECT pg_conf_load_time()").fetchone()


@pytest.fixture
def protected(postgres: TestServer) -> Iterator[str]:
    """A database URL whose role needs a password, without the password."""
    rules = postgres.folder / "postgres" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"local all careful scram-sha-256\n{before}")
    postgres.execute(f"CREATE ROLE careful LOGIN PASSWORD '{PASSWORD}'")
    loaded = _rules_loaded(postgres)
    postgres.execute("SELECT pg_reload_conf()")
    until(lambda: _rules_loaded(postgres) != loaded, "the rules are not loaded")
    try:
        yield postgres.admin.replace("postgres:@", "careful:PASSWORD@")
    finally:
        rules.write_text(before)
        postgres.execute("SELECT pg_reload_conf()")
        postgres.execute("DROP ROLE careful")


@pytest.mark.row("B90")
@pytest.mark.parametrize(
    ("url", "code", "word"),
    [
        (f"postgresql://somebody:{PASSWORD}@127.0.0.1:1/x", 69, "127.0.0.1:1"),
        (f"postgresql://somebody:{PASSWORD}@no-such-host.invalid/x", 69, "no-such-host.invalid"),
        (f"nonsense {PASSWORD}", 78, "DATABASE_URL"),
        (f"mysql://somebody:{PASSWORD}@127.0.0.1/x", 78, "postgresql://"),
    ],
)
def test_a_wrong_database_url(place: Place, url: str, code: int, word: str) -> None:
    done = place.run("tenant", "list", settings={"DATABASE_URL": url})

    done.refused(code)
    assert PASSWORD not in done.err
    assert word in done.err or "database_url" in done.err


@pytest.mark.row("B90")
def test_a_wrong_password_is_refused_and_not_shown(place: Place, protected: str) -> None:
    wrong = place.run(
        "tenant", "list", settings={"DATABASE_URL": protected.replace("PASSWORD", "wrong-horse")}
    )
    nobody = place.run(
        "tenant", "list", settings={"DATABASE_URL": protected.replace("careful:PASSWORD@", "nobody@")}
    )

    wrong.refused(78, "database_login", "careful@")
    assert "wrong-horse" not in wrong.err
    nobody.refused(78, "database_login")


@pytest.mark.row("B90")
def test_a_database_that_is_not_there_or_not_migrated(
    place: Place, postgres: TestServer, empty_dsn: str
) -> None:
    place.run("tenant", "list", settings={"DATABASE_URL": postgres.address("not_there")}).refused(
        78, "create it"
    )
    place.run("tenant", "list", settings={"DATABASE_URL": empty_dsn}).refused(78, "so-privacy up")


def test_without_a_database_nothing_is_done(place: Place) -> None:
    place.run("doctor").refused(69, "so-privacy up", "DATABASE_URL")
    place.run("doctor", settings={"DATABASE_URL": ""}).refused(69, "so-privacy up")  # empty is unset
    assert not (place.folder / "data").exists()


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("SO_PRIVACY_WORKER_THREADS", "abc", 78),
        ("SO_PRIVACY_WORKER_THREADS", "0", 78),
        ("SO_PRIVACY_WORKER_THREADS", "٣", 78),
        ("SO_PRIVACY_PUBLIC_URL", "example.com", 78),
        ("SO_PRIVACY_PUBLIC_URL", "http://[::1", 78),
        ("SO_PRIVACY_BIND", "nonsense", 78),
        ("SO_PRIVACY_BIND", "127.0.0.1:99999", 78),
        ("SO_PRIVACY_BIND", "127.0.0.1:-1", 78),
        ("SO_PRIVACY_BIND", "no-such-host.invalid:7300", 69),
    ],
)
def test_a_bad_setting_is_named(app: Place, name: str, value: str, code: int) -> None:
    app.run("up", settings={name: value}).refused(code, name)

    assert not (app.folder / "data").exists()


def test_every_bad_setting_is_named_at_once(place: Place) -> None:
    done = place.run("up", settings={"SO_PRIVACY_WORKER_THREADS": "abc", "SO_PRIVACY_PUBLIC_URL": "x"})

    done.refused(78, "SO_PRIVACY_WORKER_THREADS", "SO_PRIVACY_PUBLIC_URL")


@pytest.mark.row("B89")
@pytest.mark.parametrize("name", ["SO_PRIVACY_APPLICATION_TOKEN_FILE", "SO_PRIVACY_PRIVATE_KEY_FILE"])
def test_files_that_hold_secrets(app: Place, name: str) -> None:
    path = Path(app.environment[name])
    secret = path.read_text()

    path.chmod(0o644)
    app.run("up").refused(77, str(path), "0644", "chmod 600")
    path.chmod(0o600)
    path.write_text(" \n")
    app.run("up").refused(78, str(path), "empty")
    path.write_bytes(b"\xff\xfe\x00")
    app.run("up").refused(78, str(path))
    path.write_text(f"{secret}\x1b[2J\n{secret}")
    done = app.run("up")
    done.refused(78, str(path))
    assert secret.strip() not in done.err
    path.unlink()
    app.run("up").refused(66, str(path))
    path.mkdir()
    app.run("up").refused(66, str(path))
    app.run("up", settings={name: None}).refused(78, name)
    assert not (app.folder / "data").exists()


def test_the_data_key(app: Place, dsn: str) -> None:
    key = app.folder / "my.key"
    words = {"DATABASE_URL": dsn, "SO_PRIVACY_DATA_KEY_FILE": str(key)}

    assert app.run("tenant", "list", settings=words).out == "No tenant yet: so-privacy tenant add\n"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    kept = key.read_text()
    key.chmod(0o640)
    app.run("tenant", "list", settings=words).refused(77, str(key), "chmod 600")
    key.chmod(0o600)
    key.write_text("c2hvcnQ=")
    app.run("tenant", "list", settings=words).refused(78, str(key), "backup")
    assert kept.strip() not in app.run("tenant", "list", settings=words).err
    words["SO_PRIVACY_DATA_KEY_FILE"] = str(key / "below")
    app.run("tenant", "list", settings=words).refused(73, str(key))


def test_a_port_in_use(app: Place) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        app.run("up", settings={"SO_PRIVACY_BIND": address}).refused(69, address, "SO_PRIVACY_BIND")

    assert not (app.folder / "data").exists()


def test_a_data_folder_that_cannot_be(app: Place) -> None:
    in_the_way = app.folder / "file"
    in_the_way.write_text("")

    settings = {"SO_PRIVACY_BIND": "127.0.0.1:0", "SO_PRIVACY_DATA_DIR": str(in_the_way)}
    done = app.run("up", settings=settings)

    assert done.code == 73
    assert "SO_PRIVACY_DATA_DIR" in done.err.splitlines()[-1]


def test_a_second_up_in_one_folder(running: Running) -> None:
    running.run("up").refused(69, "another `so-privacy up`")
    done = running.run("up", settings={"SO_PRIVACY_BIND": "127.0.0.1:0"})

    done.refused(69, str(running.up.pid), "SO_PRIVACY_DATA_DIR")

    assert running.answers()


@pytest.mark.row("B87")
@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["tenant", "nonsense"],
        ["tenant", "list", "more"],
        ["tenant", "list", "--unknown"],
        ["tenant", "add"],
        ["tenant", "add", "Cust12345", "--environment", "sandbox"],
        ["events", "list", "--limit", "-1"],
        ["events", "list", "--limit", "99999999999999999999"],
        ["events", "list", "--state", "opne"],
        ["events", "show", "0"],
        ["events", "redrive", "\u0661"],
        ["journal", "--person", "abc"],
        ["review", "settle", "1", "--as", "Sent", "--reason", "x"],
        ["review", "settle", "1", "--as", "sent"],
        [b"tenant", b"\xff\x1b[2J"],
        ["worker", "x" * 100_000],
    ],
)
def test_words_that_make_no_sense(place: Place, words: list[str | bytes]) -> None:
    done = place.run(*words)

    done.refused(2, "usage", "--help")
    assert "\x1b" not in done.err
    assert done.out == ""


@pytest.mark.row("B87")
def test_without_words_the_help_is_shown(place: Place) -> None:
    for words in ((), ("tenant",)):
        done = place.run(*words)
        assert done.code == 2
        assert "Usage" in done.out + done.err
    assert place.run("--help").code == 0
    assert place.run("tenant", "add", "--help").code == 0


@pytest.mark.row("B87")
def test_outputs_that_take_nothing(running: Running) -> None:
    def shell(script: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["/bin/bash", "-c", script, command()], env=running.environment, capture_output=True, check=False
        )

    full = shell('"$0" tenant list --json > /dev/full')
    gone = shell('"$0" tenant list --json | true; exit "${PIPESTATUS[0]}"')
    closed = shell('"$0" tenant list >&- 2>&- <&-')

    assert (full.returncode, full.stderr.count(b"\n")) == (74, 1)
    assert b"No space left" in full.stderr
    assert gone.returncode in {0, 74}  # 0 when the pipe's reader was still there
    assert gone.stderr == b""
    assert (closed.returncode, closed.stdout, closed.stderr) == (0, b"", b"")


@pytest.mark.row("B87")
def test_a_terminal_of_few_characters(place: Place, tmp_path: Path) -> None:
    manifest = tmp_path / "æ\u202e.yaml"
    manifest.write_text("manifest: 1")

    poor = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = place.run("manifest", "check", str(manifest), settings=poor, installed=True)

    assert done.code == 65
    assert "\\xe6\\u202e.yaml" in done.err


@pytest.mark.row("B87")
@pytest.mark.parametrize("begun", [False, True])
def test_ctrl_c(place: Place, begun: bool) -> None:
    """Once the command waits for its input; before that, Python itself may not be up or lose the signal."""
    words = ["tenant", "add", "Cust12345", "--environment", "sandbox", "--system-user-token-file", "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with (
        hearing_ctrl_c(),
        subprocess.Popen([command(), *words], env=place.environment, cwd=place.folder, **pipes) as process,  # type: ignore[call-overload] # three pipes
    ):
        if begun:
            _await_rest(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    if begun:
        assert (process.returncode, out, err) == (130, b"", b"")
    assert process.returncode != 0
    assert b"so_privacy_ext" not in err


def _await_rest(number: int) -> None:
    """Wait until a process has used no CPU for a while, so that it waits for something."""
    process, used = psutil.Process(number), -1.0
    while (now := sum(process.cpu_times()[:2])) != used or now == 0:
        used = now
        time.sleep(0.5)
