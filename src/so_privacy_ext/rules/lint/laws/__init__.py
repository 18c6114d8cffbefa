"""One law, one module: `LAW`, and the function that looks."""
