"""Takes the compiler's answers in: loads what was compiled, says what failed, asks once more where more is known by now.

Loaded at the first miss only.
"""

from __future__ import annotations

import time

from pyvorin.core import reasons
from pyvorin.host.module import MAIN
from pyvorin.host.workers import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvorin.cache.artifact import Artifact
    from pyvorin.host.module import Module
    from pyvorin.host.session import Session
    from pyvorin.host.standby import Standby
    from pyvorin.messages import CompileResult


class Answers:
    """What becomes of an answer in one session."""

    __slots__ = ("_session", "_standby")

    def __init__(self, session: Session, standby: Standby) -> None:
        self._session = session
        self._standby = standby

    def received(self, module: Module, answer: CompileResult | Failure) -> None:
        """The answer to the request for this module, which has none by now."""
        session = self._session
        if isinstance(answer, Failure):
            self._failed(module, answer.code, answer.detail)
            return
        module.compile_ms += answer.compile_ms
        if session.log is not None:
            session.log.compiled(module, answer.events)
        if not answer.ok:
            code, detail = answer.error or (reasons.INTERNAL_COMPILER_ERROR, "")
            self._failed(module, code, detail)
            return
        artifact = self._artifact_of(answer)
        if module is self._standby.module:
            self._standby.received(artifact)
            session.store_problems()
            return
        if artifact is not None:
            session.load(module, artifact, "compiled")
        module.relieve()
        session.store_problems()
        if module.stale:
            session.request(module)

    def _artifact_of(self, answer: CompileResult) -> Artifact | None:
        store = self._session.store
        assert store is not None
        if answer.manifest is not None and (answer.code is not None or answer.artifact is None):
            from binascii import a2b_base64

            return store.adopt(answer.manifest, a2b_base64(answer.code or ""))
        return None if answer.artifact is None else store.get_artifact(answer.artifact)

    def _failed(self, module: Module, code: str, detail: str) -> None:
        """No answer, or none that helps: say so, and have later processes not try again at once."""
        session = self._session
        assert session.store is not None
        if session.log is not None:
            session.log.failed(module, code, detail)
        session.problems.append((code, detail))
        module.relieve()
        if module is self._standby.module:
            self._standby.received(None)
        if code in (reasons.COMPILER_CRASHED, reasons.COMPILER_TIMEOUT):
            from pyvorin.cache.index import Index

            known = module.loaded.digest if module.loaded is not None else None
            failed = Index(known, module.signatures, failure=(code, detail, int(time.time())))
            session.store.put_index(module.key, failed)
        if module.name != MAIN:
            module.namespace = None
        if session.settings.debug and code == reasons.INTERNAL_COMPILER_ERROR:
            raise RuntimeError(f"{module.path}: {detail}")
