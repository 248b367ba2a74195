"""How numba compiles kernels and what they are made of.

Numba makes machine code of every function, lest Python call it, and optimises each with all that it calls, again and
again up to the kernel; it also compiles what is called once for each way in which its callers are compiled. A part of a
kernel is handed to the kernel as it was written down and optimised there, once, and passes that find nothing to do in
such functions are left out. All kernels took 13.1 s to compile instead of 22.7 s, in two processes.

It rests on how numba is made inside (`numba.core.codegen`, `numba.core.compiler`), which changes with each of its
versions: hence this one place, and the version in `pyproject.toml`.
"""

from __future__ import annotations

from typing import Any

from numba import _dynfunc  # type: ignore[attr-defined] # made in C
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, Flags
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import (
    FixupArgs,
    IRProcessing,
    ReconstructSSA,
    TranslateByteCode,
)


class _Part(JITCodeLibrary):
    """Code that is linked with what it calls, but neither optimised nor made into machine code."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class _Whole(JITCodeLibrary):
    """Code that is optimised once: numba does it once before, to find references that need not be counted."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        manager, builder = self._codegen._module_pass_manager()
        with self._recorded_timings.record("Module passes", builder):
            manager.run(self._final_module, builder)


@register_pass(mutates_CFG=True, analysis_only=False)
class _LoweringToPart(NativeLowering):
    """Lowering to LLVM's language, and no further."""

    _name = "lowering_to_part"

    def run_pass(self, state: Any) -> bool:
        """Lower the function of *state*."""
        state.library = _Part(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        function = state.cr.fndesc
        entry = _dynfunc.make_function(
            function.lookup_module(), function.qualname, "Not to be called.", 0, state.cr.env, (state.library,)
        )
        state.targetctx.insert_user_function(entry, function, [state.library])
        state.cr = state.cr._replace(cfunc=entry)
        return True


@register_pass(mutates_CFG=True, analysis_only=False)
class _LoweringToWhole(NativeLowering):
    """Lowering to machine code."""

    _name = "lowering_to_whole"

    def run_pass(self, state: Any) -> bool:
        """Lower the function of *state*."""
        state.library = _Whole(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return bool(super().run_pass(state))


class _Flags(Flags):
    """How something is compiled, taken to be the same for all that kernels are made of.

    Numba compiles what is called once for each set of flags of what calls it, and compares them often.
    """

    def __hash__(self) -> int:
        return hash(_Flags)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Flags)


class WholeKernel(CompilerBase):
    """Numba's passes for a kernel."""

    lowering: type[NativeLowering] = _LoweringToWhole

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.state.flags = _Flags(self.state.flags)

    def define_pipelines(self) -> list[PassManager]:
        """The one list of passes."""
        passes = PassManager(type(self).__name__)
        for each in (
            TranslateByteCode,
            FixupArgs,
            IRProcessing,
            ReconstructSSA,
            NopythonTypeInference,
            PreLowerStripPhis,
            IRLegalization,
            self.lowering,
            NoPythonBackend,
        ):
            passes.add_pass(each, each.__name__)
        passes.finalize()
        return [passes]


class PartOfKernel(WholeKernel):
    """Numba's passes for a function that only kernels call."""

    lowering = _LoweringToPart
