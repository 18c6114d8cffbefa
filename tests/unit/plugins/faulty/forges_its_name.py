"""A plugin that speaks for its process before it was asked what it is."""

from __future__ import annotations

import os
import sys

from so_privacy_ext import Extension

os.write(int(sys.argv[1]), b'\0\0\0\x12{"kept_from": [] }')

ext = Extension("faulty", version="1", says="Speaks out of turn.")
