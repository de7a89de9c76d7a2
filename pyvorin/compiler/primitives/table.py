"""The whole table: the modules that declare primitives, listed explicitly so that what exists never depends on import order."""

from __future__ import annotations

from pyvorin.compiler.primitives import (  # noqa: F401  (imported for their declarations)
    array_,
    bool_,
    buffer_,
    byte_methods,
    byte_slices,
    bytearray_,
    bytes_,
    bytes_methods,
    c_functions,
    c_methods,
    callables,
    char_methods,
    class_,
    columns,
    compare,
    container_text,
    copying,
    datetime_,
    deque_,
    derived,
    dict_,
    dict_defaults,
    dict_likes,
    dict_views,
    dict_whole,
    enum_,
    float_,
    format_,
    frozenset_,
    global_names,
    heap_,
    index_exists,
    instance_,
    int_,
    item_keys,
    iteration,
    kwargs,
    list_,
    list_methods,
    list_slices,
    made,
    math_,
    named_,
    number_,
    numpy_,
    object_,
    object_calls,
    objects,
    order,
    ordered_dict,
    own_keys,
    random_,
    range_,
    re_,
    registry,
    sequence_methods,
    set_,
    specials,
    split_item,
    str_,
    str_methods,
    str_search,
    struct_,
    sums,
    text_,
    tuple_,
    tuples_,
    unchecked,
    vector_,
    vector_slices,
)

KEYWORDS = c_methods.KEYWORDS
LEFT_OUT = c_methods.LEFT_OUT
THROUGH_CLASS = object_calls.THROUGH_CLASS
number_.declare()
choose = registry.choose
knows = registry.knows
names = registry.names
overloads = registry.overloads


def exceptions_of(name: str) -> set[str]:
    """The builtin exceptions that a primitive of this name is known to raise exactly at one of its exits."""
    return {exception for overload in overloads(name) for exception in overload.raises}
