"""From LLVM IR to a shared object: optimise, emit, link.

`target` names the processor, `object.compile_ir` turns one module of IR into a relocatable object, and `link.link`
joins objects into the image that the application loads.  Only `optimise`, `object`, `target` and `remarks` import
llvmlite.
"""
