"""`python -m fakeopenai` is the command `fakeopenai`."""

from fakeopenai.cli import main

main(prog_name="fakeopenai")
