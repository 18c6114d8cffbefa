"""Partners' plugins: found, described, asked in processes of their own, and never trusted."""
