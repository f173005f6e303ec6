"""The OpenAI API on your own machine: deterministic, stateful and complete."""

__version__ = "0.1.0"
