"""How fast the emulator is, beside a server that does nothing: `python -m benchmarks`."""
