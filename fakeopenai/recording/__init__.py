"""Recording: requests are passed on to a real API, and what it answers is written down as rules.

`passing` asks the upstream and hands its answer on while it comes; `recorder` makes rules of exchanges; `redaction`
keeps secrets out of them; `tape` is a file of them.
"""
