"""What only kernels call is handed to them, compiled once, without machine code of its own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase

from dcplan.serving import compiled


@compiled.function
def least(number: int) -> int:
    return number + 1


@compiled.function
def middle(number: int) -> int:
    return least(number) * least(number + 1)


def whole(number: int) -> int:
    return least(number) + middle(number)


def test_each_part_is_compiled_once_whoever_calls_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    compiled_as: Counter[str] = Counter()
    compile_bytecode = CompilerBase._compile_bytecode

    def counted(compiler: Any) -> Any:
        compiled_as[compiler.state.func_id.func_name] += 1
        return compile_bytecode(compiler)

    made: list[str] = []
    finalize = JITCodeLibrary._finalize_specific

    def noted(library: Any) -> None:
        made.append(library.name)
        finalize(library)

    monkeypatch.setattr(CompilerBase, "_compile_bytecode", counted)
    monkeypatch.setattr(JITCodeLibrary, "_finalize_specific", noted)
    assert compiled.Kernel(whole)(2) == whole(2) == 15
    assert compiled_as == {"least": 1, "middle": 1, "whole": 1}
    assert [name for name in made if name in {"least", "middle", "whole"}] == ["whole"]
