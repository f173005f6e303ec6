"""Rules: when a call looks like this, then answer like that. The one way to script the emulator.

Scripted answers, recorded fixtures, injected faults and latency are all rules. Python and the files say the same:

    rules.on("chat", contains="weather").say("Sunny").times(2)

    - when: {operation: chat, contains: weather}
      say: Sunny
      times: 2
"""

from fakeopenai.pace import Pace
from fakeopenai.rules.book import Near, RuleBook
from fakeopenai.rules.conditions import When
from fakeopenai.rules.families import On, on
from fakeopenai.rules.files import load
from fakeopenai.rules.reading import RuleError
from fakeopenai.rules.rule import Rule
from fakeopenai.rules.script import Script
from fakeopenai.rules.shelf import Shelf

__all__ = ["Near", "On", "Pace", "Rule", "RuleBook", "RuleError", "Script", "Shelf", "When", "load", "on"]
