"""A proxy that cuts streamed answers in the middle, and passes everything else on."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

from tests.support.loopback import LoopbackHandler, LoopbackServer


class CuttingProxy(LoopbackServer):
    """Stands before ``target``. Every stream of events ends after the first event whose line holds
    ``last``, without saying so."""

    def __init__(self, target: str, last: str) -> None:
        super().__init__(_Handler)
        self.target = urlsplit(target)
        self.last = last.encode()
        self.cuts = 0

    @property
    def url(self) -> str:
        return f"{self.root}{self.target.path}"


class _Handler(LoopbackHandler):
    server: CuttingProxy

    def do_GET(self) -> None:  # noqa: N802 - the base looks for it
        self._pass_on(None)

    def do_DELETE(self) -> None:  # noqa: N802 - the same
        self._pass_on(None)

    def post(self) -> None:
        self._pass_on(self.body())

    def _pass_on(self, body: bytes | None) -> None:
        behind = HTTPConnection(self.server.target.netloc, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        behind.request(self.command, self.path, body, headers)
        answer = behind.getresponse()
        kind = answer.getheader("content-type") or ""
        if kind.startswith("text/event-stream"):
            self._cut(answer, kind)
        else:
            self.answer(answer.read(), status=answer.status, kind=kind)
        behind.close()

    def _cut(self, answer: HTTPResponse, kind: str) -> None:
        self.send_response(answer.status)
        self.send_header("content-type", kind)
        # More is announced than ever comes: the client can tell that the connection broke off.
        self.send_header("content-length", str(1 << 20))
        self.end_headers()
        for line in answer:
            self.wfile.write(line)
            self.wfile.flush()
            if self.server.last in line:
                self.wfile.write(b"\n")
                self.server.cuts += 1
                return
