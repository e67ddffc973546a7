"""Parts of the benchmark of the outlook."""
