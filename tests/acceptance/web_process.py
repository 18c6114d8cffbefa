"""The web process over a real database: `python web_process.py FD DSN` with the tests' data key."""

import sys

from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.web.application import create_application
from so_privacy_ext.web.server import serve

KEY = bytes(range(32))


if __name__ == "__main__":
    serve(create_application(ReceivingStore(sys.argv[2], DataKey(KEY))), fd=int(sys.argv[1]))
