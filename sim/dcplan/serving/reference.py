"""Named tuples that kernels hand over by reference.

What `numba` calls gets every field of every named tuple on its own: pointer, shape and strides of each array. For the
rules, state and totals of an endpoint those are 250 values a call, and to write them down for each call took most of
the time that a kernel took to compile. A reference is one value. It points to where the kernel keeps the tuple, on its
stack, and since all that gets it is made part of the kernel (`compiled.function`), the machine code is the same.

The types and their lowering are made as numba's manual says ("Extending Numba", low-level extension interface).
"""

from __future__ import annotations

from typing import Any, TypeVar

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    infer_getattr,
    lower_builtin,
    lower_getattr_generic,
    models,
    register_model,
    type_callable,
)

T = TypeVar("T")


def by_reference(whole: T) -> T:
    """The named tuple *whole*, as what a kernel calls should get it; without numba, *whole* itself.

    Only for a kernel, and only for what becomes part of it: a reference is dead when the kernel returns.
    """
    return whole


class Reference(types.Type):
    """Where a named tuple is."""

    def __init__(self, whole: Any) -> None:
        self.whole = whole
        super().__init__(name=f"Reference({whole})")


@register_model(Reference)
class _ReferenceModel(models.PrimitiveModel):
    """A pointer to the tuple as numba keeps it in registers."""

    def __init__(self, manager: Any, reference: Reference) -> None:
        super().__init__(manager, reference, manager.lookup(reference.whole).get_value_type().as_pointer())


@type_callable(by_reference)
def _type_by_reference(_context: Any) -> Any:
    return lambda whole: Reference(whole) if isinstance(whole, types.BaseNamedTuple) else None


@lower_builtin(by_reference, types.BaseNamedTuple)
def _lower_by_reference(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return cgutils.alloca_once_value(builder, arguments[0])


@infer_getattr
class _ReferenceFields(AttributeTemplate):
    """A field that is itself a named tuple is referred to, any other is taken out."""

    key = Reference

    def generic_resolve(self, value: Any, attr: str) -> Any:  # type: ignore[override] # there it is a value
        whole = value.whole
        if attr not in whole.fields:
            return None
        found = whole[whole.fields.index(attr)]
        return Reference(found) if isinstance(found, types.BaseNamedTuple) else found


@lower_getattr_generic(Reference)
def _lower_field(_context: Any, builder: Any, reference: Reference, pointer: Any, field: str) -> Any:
    place = reference.whole.fields.index(field)
    where = builder.gep(pointer, [ir.Constant(ir.IntType(32), each) for each in (0, place)], inbounds=True)
    return where if isinstance(reference.whole[place], types.BaseNamedTuple) else builder.load(where)
