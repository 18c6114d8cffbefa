"""The web process over a real database: `python web_process.py FD DSN` with the tests' data key."""

import sys

from so_privacy_ext.cli.logs import log_as_json
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.web.application import create_application
from so_privacy_ext.web.server import serve

KEY = bytes(range(32))


if __name__ == "__main__":
    log_as_json("so-privacy web")
    serve(create_application(ReceivingStore(sys.argv[2], DataKey(KEY))), fd=int(sys.argv[1]))
