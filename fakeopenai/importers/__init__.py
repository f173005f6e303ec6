"""Rules from what other tools have recorded or scripted: one module a format, each of which reads a text.

`vcr`, `har` and `openai_log` find exchanges, of which `exchanges` makes rules; `aimock` and `mockllm` say rules of
their own, which are translated. `importing` finds out which it is, and tells what could not be carried over.
"""
