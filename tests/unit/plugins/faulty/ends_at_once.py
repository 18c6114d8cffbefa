"""A plugin that ends its process when it is imported."""

from __future__ import annotations

import os

os._exit(3)
