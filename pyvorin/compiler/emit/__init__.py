"""How native code is written: LLVM IR as text.  Primitives receive an `Emitter`; nothing here imports llvmlite."""
