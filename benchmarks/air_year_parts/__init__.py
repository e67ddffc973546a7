"""The parts of `benchmarks/air_year.py`."""
