"""The part of the ELF format that linking LLVM's x86-64 objects needs.

`relocatable` reads objects, `resolve` decides what every symbol means, `layout` gives everything an address, `relocate`
fills in the references, `unwind` joins the unwind tables and `dynamic` writes what the dynamic loader reads.  The flow
that joins them is `pyvorin.compiler.codegen.link.link_shared`.
"""
