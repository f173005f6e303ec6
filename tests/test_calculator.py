"""The safe evaluator of plain code."""

import pytest

from fakeopenai.calculator import Beyond, run


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("# a sum\n2 + 2 * 3", "8"),
        ("a = [1, 2, 3]\nprint(sum(a), max(a))", "6 3"),
        ("import math\nmath.sqrt(16)", "4.0"),
        ("t = {'a': 1, 'b': 2}\nt['b'] in [2, 3]", "True"),
        ("n = 10\nn += 5\nround(n / 4, 1)", "3.8"),
        ("print('a' * 3)", "aaa"),
    ],
)
def test_plain_code_is_run(code: str, printed: str) -> None:
    assert run(code) == printed


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "open('/etc/passwd')",
        "().__class__",
        "__import__('os')",
        "while True: pass",
        "9 ** 9 ** 9",
        "'a' * 10 ** 9",
        "[0] * 10 ** 9",
        "x = 10 ** 900\nx * x * x * x * x",
        "1 / 0",
        "1 +",
        "lambda: 1",
    ],
)
def test_everything_else_is_beyond_it(code: str) -> None:
    with pytest.raises(Beyond):
        run(code)
